import Foundation

/// Figures of several values. Sums run in the order of the values.
enum Statistics {
  /// The arithmetic mean; NaN of none.
  static func mean(_ values: some Collection<Double>) -> Double { values.reduce(0, +) / Double(values.count) }

  /// The middle value, of an even number the upper middle; NaN of none.
  static func median(_ values: [Double]) -> Double { values.upperMedian ?? .nan }

  /// NaN of none, and where one is NaN: a figure that does not exist is below no limit.
  static func largest(_ values: [Double]) -> Double {
    values.contains(where: \.isNaN) ? .nan : values.max() ?? .nan
  }

  /// The slope of a figure over its position, by least squares; of logarithms, the logarithm of the factor per unit of
  /// position. NaN for fewer than two values.
  static func slope(_ values: [Double], at positions: [Double]) -> Double {
    let (meanX, meanY) = (mean(positions), mean(values))
    let covariance = zip(positions, values).reduce(0) { $0 + ($1.0 - meanX) * ($1.1 - meanY) }
    return covariance / positions.reduce(0) { $0 + ($1 - meanX) * ($1 - meanX) }
  }

  /// The exponent p of y ∝ x^p: the least-squares slope of ln y over ln x. NaN for fewer than two points.
  static func exponent(_ x: [Double], _ y: [Double]) -> Double { slope(y.map { log($0) }, at: x.map { log($0) }) }

  /// The factor per step that leads from the first value to the last, whatever lies between.
  static func factorPerStep(_ values: [Double]) -> Double {
    guard let first = values.first, let last = values.last, values.count > 1 else { return .nan }
    return pow(last / first, 1 / Double(values.count - 1))
  }
}
