import Foundation

/// How fast a figure changes along a chain of layers.
enum SignalGrowth {
  /// The slope of a figure over its position, by least squares; of logarithms, the logarithm of the factor per unit of
  /// position. NaN for fewer than two values.
  static func slope(_ values: [Double], at positions: [Double]) -> Double {
    let (meanX, meanY) = (mean(positions), mean(values))
    let covariance = zip(positions, values).reduce(0) { $0 + ($1.0 - meanX) * ($1.1 - meanY) }
    return covariance / positions.reduce(0) { $0 + ($1 - meanX) * ($1 - meanX) }
  }

  /// The factor per step that leads from the first value to the last, whatever lies between.
  static func factorPerStep(_ values: [Double]) -> Double {
    guard let first = values.first, let last = values.last, values.count > 1 else { return .nan }
    return pow(last / first, 1 / Double(values.count - 1))
  }

  /// The arithmetic mean; NaN of none.
  static func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
}
