import TorchCore

/// Norms of linear operators between Euclidean spaces, from above and from below.
public enum OperatorNorm {
  /// A rigorous upper bound and the way it was found.
  public struct UpperBound: Sendable, Hashable {
    /// At least the operator norm in exact arithmetic, with all rounding of its own computation included.
    public let value: Double
    public let method: Method
  }

  /// The ways to an upper bound; each is valid by itself, and the least is taken.
  public enum Method: Sendable, Hashable, CustomStringConvertible {
    /// Gram iteration on the operator's own matrix.
    case matrix(rows: Int, columns: Int)
    /// Gram iteration on the symbol over a torus that contains the zero-padded operator, at so many frequencies of
    /// rows and of columns.
    case spectrum(points: [Int])
    /// Gram iteration on the kernel as an out×(in·k·k) matrix, times the root of how often a pixel is read.
    case unfoldedKernel
    /// √(‖A‖₁‖A‖∞) from sums of |weights|.
    case absoluteSums
    /// All weights are zero.
    case zero

    public var description: String {
      switch self {
      case .matrix(let rows, let columns): "matrix \(rows)×\(columns)"
      case .spectrum(let points): "spectrum at \(points.map(String.init).joined(separator: "×")) frequencies"
      case .unfoldedKernel: "unfolded kernel"
      case .absoluteSums: "absolute sums"
      case .zero: "zero"
      }
    }
  }

  /// Of several valid bounds of weights that were divided by `scale` (a power of two), the least.
  static func least(_ candidates: [UpperBound], scale: Double) throws -> UpperBound {
    guard let best = candidates.filter({ $0.value.isFinite }).min(by: { $0.value < $1.value }) else {
      throw OperatorNormError.notFinite("no bound could be computed")
    }
    let value = best.value.timesUp(scale)
    guard value.isFinite else { throw OperatorNormError.notFinite("it is beyond the largest double") }
    return UpperBound(value: value, method: best.method)
  }

  /// The power of two just below the largest |value|, or nil where all are zero. Dividing by it is exact, and then
  /// neither squares nor products overflow.
  static func scale(of values: Tensor) throws -> Double? {
    guard values.count > 0 else { return nil }
    let largest = try values.abs().max().item()
    return largest == 0 ? nil : largest.binade
  }
}
