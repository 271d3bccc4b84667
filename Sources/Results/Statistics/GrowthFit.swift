import Foundation

/// How a figure grows with a size: y = c·nᵖ, by least squares of log y over log n.
///
/// A cost that is there at every size makes p smaller, so that a figure can look better than it grows. ``last`` is the
/// exponent between the two largest sizes, where such a cost weighs least.
public struct GrowthFit: Sendable, Hashable, Codable {
  /// p: 0 is flat, 1 linear, 2 quadratic.
  public let exponent: Double
  /// Of the exponent, from the scatter around the line; nil of two points, which lie on it.
  public let standardError: Double?
  /// p between the two largest sizes alone.
  public let last: Double

  /// - Parameters:
  ///   - sizes: n, above 0.
  ///   - values: y of each size, above 0.
  /// - Returns: nil without two different sizes, or for a number that is not finite and above 0.
  public init?(sizes: [Double], values: [Double]) {
    let points = zip(sizes, values).sorted { $0.0 < $1.0 }
    guard sizes.count == values.count, points.allSatisfy({ $0.0 > 0 && $0.1 > 0 && ($0.0 * $0.1).isFinite }) else {
      return nil
    }
    let x = points.map { log($0.0) }
    let y = points.map { log($0.1) }
    guard let first = x.first, let largest = x.last, first < largest,
      let before = x.lastIndex(where: { $0 < largest })
    else { return nil }
    let count = Double(x.count)
    let (meanX, meanY) = (x.reduce(0, +) / count, y.reduce(0, +) / count)
    let spread = x.reduce(0) { $0 + ($1 - meanX) * ($1 - meanX) }
    let slope = zip(x, y).reduce(0) { $0 + ($1.0 - meanX) * ($1.1 - meanY) } / spread
    let residual = zip(x, y).reduce(0) { sum, point in
      let distance = point.1 - meanY - slope * (point.0 - meanX)
      return sum + distance * distance
    }
    exponent = slope
    standardError = x.count > 2 ? (residual / (count - 2) / spread).squareRoot() : nil
    last = (y[y.count - 1] - y[before]) / (largest - x[before])
  }
}
