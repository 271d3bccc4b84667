import Foundation
import Results

// Judgements of a mean over seeds. The 95 % interval decides, not the mean: wholly on the right side of the threshold
// the criterion is met, wholly on the other it is not, and an interval that reaches over the threshold decides nothing.
// One seed has no interval, so it decides nothing either. Values that are infinite (a run that exploded) have none;
// they decide where every seed lies on the same side.

extension Judgement {
  /// The mean over seeds lies above the threshold.
  /// - Parameter what: the figure's name, such as `loss ratio`.
  public static func above(_ values: [Double], _ threshold: Double, _ what: String) -> Judgement {
    judge(values, what, limit: "above \(text(threshold))") { $0 > threshold }
  }

  /// The mean over seeds lies below the threshold.
  public static func below(_ values: [Double], _ threshold: Double, _ what: String) -> Judgement {
    judge(values, what, limit: "below \(text(threshold))") { $0 < threshold }
  }

  /// The mean over seeds lies in the range.
  public static func within(_ values: [Double], _ range: ClosedRange<Double>, _ what: String) -> Judgement {
    let limit = "in \(text(range.lowerBound)) to \(text(range.upperBound))"
    let statistics = SeedInterval(values)
    let detail = describe(statistics, what, limit)
    if let interval = statistics.interval {
      if range.contains(interval.low), range.contains(interval.high) { return Judgement(.met, detail) }
      let isApart = interval.high < range.lowerBound || interval.low > range.upperBound
      return Judgement(isApart ? .notMet : .undecided, detail)
    }
    // No finite range holds an infinite mean.
    return Judgement(statistics.mean.isInfinite && values.count >= 2 ? .notMet : .undecided, detail)
  }

  /// One criterion with several parts: met if all are, not met if one is not, else undecided, as it is of no parts.
  public static func all(_ parts: [Judgement]) -> Judgement {
    let outcomes = parts.map(\.outcome)
    let outcome: StudyRecord.Criterion.Outcome =
      outcomes.contains(.notMet) ? .notMet : outcomes.isEmpty || outcomes.contains(.undecided) ? .undecided : .met
    return Judgement(outcome, parts.map(\.detail).joined(separator: "; "))
  }

  /// - Parameter isRight: whether a value lies on the right side; true from some value on, or up to it.
  private static func judge(
    _ values: [Double], _ what: String, limit: String, isRight: (Double) -> Bool
  ) -> Judgement {
    let statistics = SeedInterval(values)
    let detail = describe(statistics, what, limit)
    let ends: [Double]
    if let interval = statistics.interval {
      ends = [interval.low, interval.high]
    } else {
      guard values.count >= 2, !values.contains(where: \.isNaN) else { return Judgement(.undecided, detail) }
      ends = values
    }
    if ends.allSatisfy(isRight) { return Judgement(.met, detail) }
    return Judgement(ends.contains(where: isRight) ? .undecided : .notMet, detail)
  }

  /// `loss ratio: 1.23, 95 % interval 1.1 to 1.36 (n = 3), to be above 1`.
  private static func describe(_ statistics: SeedInterval, _ what: String, _ limit: String) -> String {
    let spread =
      switch (statistics.interval, statistics.count) {
      case (let interval?, _): ", 95 % interval \(text(interval.low)) to \(text(interval.high))"
      case (nil, 1): ", and one seed has no interval"
      case (nil, _): ", without an interval"
      }
    return "\(what): \(text(statistics.mean))\(spread) (n = \(statistics.count)), to be \(limit)"
  }

  /// Four significant digits.
  static func text(_ value: Double) -> String { String(format: "%.4g", value) }
}
