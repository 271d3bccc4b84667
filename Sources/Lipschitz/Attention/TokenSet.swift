import OperatorNorms
import TorchCore

/// A set of sequences of tokens: each token is x = c + g ⊙ u with ‖u‖₂ ≤ R. It is convex.
public struct TokenSet: Sendable, Hashable {
  /// c.
  public let centre: [Double]
  /// g.
  public let scale: [Double]
  /// R.
  public let radius: Double

  /// Features of a token.
  public var width: Int { centre.count }

  /// - Throws: ``LipschitzError`` where there are not as many scales as features, or a number is not finite.
  public init(centre: [Double], scale: [Double], radius: Double) throws {
    guard !centre.isEmpty, centre.count == scale.count else {
      throw LipschitzError.shape(
        layer: "tokens", reason: "a centre of \(centre.count) features has \(scale.count) scales")
    }
    guard (centre + scale + [radius]).allSatisfy(\.isFinite), radius >= 0 else {
      throw LipschitzError.unboundable(
        layer: "tokens", reason: "their set needs a finite centre and scale, and a finite radius of at least 0")
    }
    (self.centre, self.scale, self.radius) = (centre, scale, radius)
  }

  /// All tokens of norm at most `radius`.
  public init(radius: Double, width: Int) throws {
    try self.init(
      centre: [Double](repeating: 0, count: width), scale: [Double](repeating: 1, count: width), radius: radius)
  }

  /// Whatever a layer norm makes of whatever comes in: γ ⊙ n + β with n = (x − mean)/√(variance + ε), and
  /// ‖n‖² = D·variance/(variance + ε) < D.
  /// - Parameters: γ and β, D each.
  public init(behindLayerNorm weight: Tensor, bias: Tensor) throws {
    try self.init(
      centre: bias.doubles(), scale: weight.doubles(), radius: Double(weight.count).squareRootUp)
  }

  /// Sequences of the set, count×tokens×D in double precision, every token on its border.
  /// - Parameter directions: count×tokens×D; each token's is scaled to the length R.
  func border(along directions: Tensor) throws -> Tensor {
    let lengths = try directions.squared().sum([-1], keepingDimensions: true).sqrt()
    // Inward by more than rounding moves a token.
    let unit = try directions / (lengths + lengths.equal(0)) * (radius * (1 - 0x1p-40))
    return try Tensor(centre, [width]) + unit * Tensor(scale, [width])
  }
}
