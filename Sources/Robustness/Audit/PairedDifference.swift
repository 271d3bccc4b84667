import Results

/// How two rates over the same samples differ: each sample was right or wrong under both.
public struct PairedDifference: Sendable, Equatable {
  /// Right under the first and wrong under the second; the other way round; right under both; under neither.
  public var firstOnly = 0
  public var secondOnly = 0
  public var both = 0
  public var neither = 0

  /// - Throws: ``RobustnessError/unequalCounts(what:found:expected:)`` unless both lists are equally long.
  public init(_ first: [Bool], _ second: [Bool]) throws {
    try RobustnessError.requireEqual("outcomes", second.count, first.count)
    for (a, b) in zip(first, second) {
      switch (a, b) {
      case (true, false): firstOnly += 1
      case (false, true): secondOnly += 1
      case (true, true): both += 1
      case (false, false): neither += 1
      }
    }
  }

  public init(both: Int, firstOnly: Int, secondOnly: Int, neither: Int) {
    self.both = both
    self.firstOnly = firstOnly
    self.secondOnly = secondOnly
    self.neither = neither
  }

  public var n: Int { both + firstOnly + secondOnly + neither }

  /// First rate minus second rate.
  public var value: Double { n == 0 ? 0 : Double(firstOnly - secondOnly) / Double(n) }

  /// 95 % interval of the difference: Wilson's limits of the two rates, combined with their correlation (Newcombe 1998,
  /// "Improved confidence intervals for the difference between binomial proportions based on paired data", method 10).
  public var interval: Interval {
    guard n > 0 else { return Interval(low: -1, high: 1) }
    let (first, second) = (both + firstOnly, both + secondOnly)
    let (p1, p2) = (Double(first) / Double(n), Double(second) / Double(n))
    let one = Intervals.wilson(successes: first, n: n)
    let two = Intervals.wilson(successes: second, n: n)
    let phi = correlation(first, second)
    func half(_ a: Double, _ b: Double) -> Double { max(0, a * a - 2 * phi * a * b + b * b).squareRoot() }
    return Interval(
      low: value - half(p1 - one.low, two.high - p2), high: value + half(one.high - p1, p2 - two.low))
  }

  /// φ with a continuity correction where it is positive; 0 where a margin is empty.
  private func correlation(_ first: Int, _ second: Int) -> Double {
    let margins = Double(first) * Double(n - first) * Double(second) * Double(n - second)
    guard margins > 0 else { return 0 }
    let cross = Double(both) * Double(neither) - Double(firstOnly) * Double(secondOnly)
    return (cross > 0 ? max(0, cross - Double(n) / 2) : cross) / margins.squareRoot()
  }
}
