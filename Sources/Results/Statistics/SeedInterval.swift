/// The mean of one figure over seeds, with its two-sided 95 % Student-t interval.
///
/// Seeds are the independent repetitions: images or layers of one run are not, and do not belong in here.
public struct SeedInterval: Sendable, Hashable {
  public let mean: Double
  /// The sample standard deviation, with n − 1 below; nil where there is no ``interval``.
  public let deviation: Double?
  /// Nil for fewer than two values, which say nothing of their spread, and where a value is not finite. Of equal values
  /// it is a point.
  public let interval: Interval?
  public let count: Int

  /// - Parameter values: one for each seed. The mean of none is NaN.
  public init(_ values: [Double]) {
    count = values.count
    guard let first = values.first, values.contains(where: { $0 != first }) else {
      // Summing would move equal values by a rounding error, and a threshold may be that very value.
      let value = values.first ?? .nan
      mean = value
      interval = values.count >= 2 && value.isFinite ? Interval(low: value, high: value) : nil
      deviation = interval.map { _ in 0 }
      return
    }
    let statistics = Intervals.meanT(values)
    let mean = statistics?.mean ?? .nan
    self.mean = mean
    interval = (statistics?.interval).flatMap { $0.low.isFinite && $0.high.isFinite ? $0 : nil }
    deviation = interval.map { _ in
      (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)).squareRoot()
    }
  }
}

extension StudyRecord.Finding {
  /// The mean over seeds, with its interval.
  public init(name: String, seeds values: [Double], unit: String = "") {
    let statistics = SeedInterval(values)
    self.init(name: name, value: statistics.mean, interval: statistics.interval, unit: unit)
  }
}

extension StudyFigure.Point {
  /// The mean over seeds, with its interval as the band.
  public init(x: Double, seeds values: [Double]) {
    let statistics = SeedInterval(values)
    self.init(x: x, y: statistics.mean, band: statistics.interval)
  }
}
