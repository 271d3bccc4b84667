import Foundation
import Testing

@testable import Results

@Suite struct IntervalTests {
  /// Table I of Newcombe 1998, "Two-sided confidence intervals for the single proportion".
  @Test(arguments: [
    (81, 263, 0.2553, 0.3662, 0.2527, 0.3676), (15, 148, 0.0624, 0.1605, 0.0578, 0.1617),
    (0, 20, 0.0000, 0.1611, 0.0000, 0.1684), (1, 29, 0.0061, 0.1718, 0.0009, 0.1776),
  ])
  func agreesWithNewcombe(k: Int, n: Int, low: Double, high: Double, exactLow: Double, exactHigh: Double) {
    let wilson = Intervals.wilson(successes: k, n: n)
    #expect(abs(wilson.low - low) < 5e-5 && abs(wilson.high - high) < 5e-5)
    let (low, high) = exactLimits(k, n, alpha: 0.025)
    #expect(abs(low - exactLow) < 5.1e-5 && abs(high - exactHigh) < 5.1e-5)
  }

  private struct Golden: Decodable {
    struct Binomial: Decodable {
      var k: Int, n: Int
      var wilson: [Double], exact: [Double]
      var lower001: Double, upper001: Double
    }
    struct Student: Decodable { var p: Double, degrees: Double, t: Double }
    var binomial: [Binomial]
    var student: [Student]
  }

  private func golden() throws -> Golden {
    try JSONDecoder().decode(Golden.self, from: Data(contentsOf: fixture("intervals.json")))
  }

  @Test func agreesWithSciPy() throws {
    let golden = try golden()
    #expect(golden.binomial.count == 16)
    func close(_ a: Double, _ b: Double) -> Bool { abs(a - b) <= 1e-11 * max(abs(b), 1e-3) }
    for row in golden.binomial {
      let wilson = Intervals.wilson(successes: row.k, n: row.n)
      #expect(close(wilson.low, row.wilson[0]) && close(wilson.high, row.wilson[1]), "\(row)")
      let exact = exactLimits(row.k, row.n, alpha: 0.025)
      #expect(close(exact.lower, row.exact[0]) && close(exact.upper, row.exact[1]), "\(row) \(exact)")
      let certain = exactLimits(row.k, row.n, alpha: 0.001)
      #expect(close(certain.lower, row.lower001) && close(certain.upper, row.upper001), "\(row) \(certain)")
    }
    for row in golden.student {
      let t = Intervals.studentT(probability: row.p, degrees: row.degrees)
      #expect(abs(t - row.t) < 1e-9 * row.t, "\(row) \(t)")
    }
  }

  /// All n of n: the one-sided limit is α^(1/n) in closed form (Cohen 2019 uses it as a check).
  @Test func closedFormAtTheEnd() {
    for n in [1, 10, 100, 1_000, 100_000] {
      let limit = Intervals.clopperPearsonLower(successes: n, n: n, alpha: 0.001)
      #expect(abs(limit - pow(0.001, 1 / Double(n))) < 1e-13)
      #expect(Intervals.clopperPearsonLower(successes: 0, n: n, alpha: 0.001) == 0)
    }
  }

  /// By definition P(X ≥ k | lower) = α, computed here by summing the binomial.
  @Test func exactLimitsInvertTheBinomial() {
    for seed in 0..<60 as Range<UInt64> {
      var random = SplitMix(seed: seed)
      let n = 1 + Int(random.next() % 40)
      let k = 1 + Int(random.next() % UInt64(n))
      let p = Intervals.clopperPearsonLower(successes: k, n: n, alpha: 0.025)
      let tail = (k...n).reduce(0.0) { $0 + choose(n, $1) * pow(p, Double($1)) * pow(1 - p, Double(n - $1)) }
      #expect(abs(tail - 0.025) < 1e-10, "seed \(seed)")
    }
  }

  @Test func wilsonHoldsTheRateAndNarrows() {
    for seed in 0..<500 as Range<UInt64> {
      var random = SplitMix(seed: seed)
      let n = 1 + Int(random.next() % 1_000)
      let k = Int(random.next() % UInt64(n + 1))
      let interval = Intervals.wilson(successes: k, n: n)
      let wider = Intervals.wilson(successes: k, n: n, z: 2.5758)
      let mirrored = Intervals.wilson(successes: n - k, n: n)
      #expect(interval.contains(Double(k) / Double(n)), "seed \(seed)")
      #expect(interval.low >= 0 && interval.high <= 1, "seed \(seed)")
      #expect(wider.low <= interval.low && wider.high >= interval.high, "seed \(seed)")
      #expect(abs(interval.low - (1 - mirrored.high)) < 1e-12, "seed \(seed)")
      let more = Intervals.wilson(successes: 4 * k, n: 4 * n)
      #expect(more.high - more.low < interval.high - interval.low, "seed \(seed)")
    }
    #expect(Intervals.wilson(successes: 0, n: 0) == Interval(low: 0, high: 1))
    #expect(Intervals.wilson(successes: 0, n: 7).low == 0)
    #expect(Intervals.wilson(successes: 7, n: 7).high == 1)
  }

  @Test func meanOfSeeds() throws {
    // Mean 3, s² = 2.5, t(0.975, 4) = 2.776445105: half-width 1.96324…
    let result = try #require(Intervals.meanT([1, 2, 3, 4, 5]))
    #expect(result.mean == 3)
    #expect(abs(result.interval.high - 3 - 2.7764451051977987 * (2.5 / 5).squareRoot()) < 1e-10)
    #expect(Intervals.meanT([1]) == nil)
  }

  /// The lower limit of the rate, and the upper as what the lower limit of its complement leaves.
  private func exactLimits(_ k: Int, _ n: Int, alpha: Double) -> (lower: Double, upper: Double) {
    (
      Intervals.clopperPearsonLower(successes: k, n: n, alpha: alpha),
      1 - Intervals.clopperPearsonLower(successes: n - k, n: n, alpha: alpha)
    )
  }

  private func choose(_ n: Int, _ k: Int) -> Double {
    (0..<k).reduce(1.0) { $0 * Double(n - $1) / Double($1 + 1) }
  }
}

/// A file of this target's `Fixtures`.
func fixture(_ name: String) -> URL {
  URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures").appending(path: name)
}
