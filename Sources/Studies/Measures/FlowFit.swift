import Foundation

/// Figures of several runs.
enum FlowFit {
  /// The exponent p of y ∝ x^p: the least-squares slope of ln y over ln x. NaN for fewer than two points.
  static func exponent(_ x: [Double], _ y: [Double]) -> Double {
    let points = zip(x, y).map { (log($0), log($1)) }
    let count = Double(points.count)
    let meanX = points.reduce(0) { $0 + $1.0 } / count
    let meanY = points.reduce(0) { $0 + $1.1 } / count
    let covariance = points.reduce(0) { $0 + ($1.0 - meanX) * ($1.1 - meanY) }
    return covariance / points.reduce(0) { $0 + ($1.0 - meanX) * ($1.0 - meanX) }
  }

  /// The middle value, of an even number the upper middle; NaN of none.
  static func median(_ values: [Double]) -> Double { values.isEmpty ? .nan : values.sorted()[values.count / 2] }

  /// NaN of none, and where one is NaN: a figure that does not exist is below no limit.
  static func largest(_ values: [Double]) -> Double {
    values.contains(where: \.isNaN) ? .nan : values.max() ?? .nan
  }

  static func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
}
