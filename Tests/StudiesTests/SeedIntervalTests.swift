import Foundation
import RandomStreams
import Results
import Testing

@testable import Studies

@Suite struct SeedIntervalTests {
  /// Of −1, 0, …, 0, 1 the variance is 2/(n − 1). Quantiles: two-sided 95 % column of the usual table of Student's t.
  @Test(arguments: [(2, 12.706), (3, 4.303), (4, 3.182), (5, 2.776), (10, 2.262), (20, 2.093), (30, 2.045)])
  func agreesWithTheTable(n: Int, t: Double) throws {
    let values = [-1.0] + Array(repeating: 0, count: n - 2) + [1]
    let interval = try #require(SeedInterval(values).interval)
    let expected = t * (2 / Double(n * (n - 1))).squareRoot()
    #expect(abs(interval.high - expected) < 5.1e-4 * expected / t)
    #expect(abs(interval.low + interval.high) < 1e-12)
  }

  @Test func coversNineteenTimesInTwenty() {
    let (mean, trials) = (3.0, 8_000)
    let covered = (0..<trials).count { trial in
      let stream = RandomStream(seed: 11).stream(trial)
      let values = (0..<3).map { draw -> Double in
        let (u, v) = (stream.uniform(at: UInt64(2 * draw)), stream.uniform(at: UInt64(2 * draw + 1)))
        return mean + (-2 * log(1 - u)).squareRoot() * cos(2 * .pi * v)
      }
      return SeedInterval(values).interval?.contains(mean) ?? false
    }
    // Four standard errors of a share of 0.95 in 8,000.
    #expect(abs(Double(covered) / Double(trials) - 0.95) < 4 * (0.95 * 0.05 / 8_000).squareRoot())
  }

  @Test func equalValuesArePoints() {
    // 0.1 + 0.1 + 0.1 over 3 is not 0.1.
    #expect(SeedInterval([0.1, 0.1, 0.1]).mean == 0.1)
    #expect(SeedInterval([0.1, 0.1, 0.1]).interval == Interval(low: 0.1, high: 0.1))
  }

  @Test func whereThereIsNoSpreadThereIsNoInterval() {
    #expect(SeedInterval([2]).interval == nil && SeedInterval([2]).mean == 2)
    #expect(SeedInterval([]).interval == nil && SeedInterval([]).mean.isNaN)
    #expect(SeedInterval([1, .infinity]).interval == nil)
    #expect(SeedInterval([.infinity, .infinity]).interval == nil)
    #expect(SeedInterval([1e300, -1e300, 0]).interval == nil, "the variance overflows")
  }
}

@Suite struct SeedJudgementTests {
  @Test(arguments: [
    ([2.0, 2.1, 2.2], 1.0, StudyRecord.Criterion.Outcome.met), ([2, 2.1, 2.2], 3, .notMet),
    ([1, 2, 3], 1.5, .undecided), ([1, 1, 1], 1, .notMet), ([1, 1, 1], 0.999, .met), ([5], 1, .undecided),
    ([], 1, .undecided), ([.infinity, .infinity], 1, .met), ([.infinity, 0], 1, .undecided),
    ([.infinity, 2], 1, .met), ([.nan, 2], 1, .undecided), ([.nan, .nan], 1, .undecided),
  ])
  func aboveFollowsTheInterval(values: [Double], threshold: Double, outcome: StudyRecord.Criterion.Outcome) {
    #expect(Judgement.above(values, threshold, "x").outcome == outcome)
    #expect(Judgement.below(values.map { -$0 }, -threshold, "x").outcome == outcome, "the mirror image")
  }

  @Test(arguments: [
    ([1.0, 1.01, 0.99], StudyRecord.Criterion.Outcome.met), ([3, 3.01, 2.99], .notMet), ([-3, -3.01, -2.99], .notMet),
    ([0.5, 1, 2.4], .undecided), ([0.5, 0.5], .met), ([1], .undecided), ([.infinity, 1], .notMet),
  ])
  func withinFollowsTheInterval(values: [Double], outcome: StudyRecord.Criterion.Outcome) {
    #expect(Judgement.within(values, 0.5...1.5, "x").outcome == outcome)
  }

  @Test func theDetailHoldsItsFigures() {
    // ± 4.303 / √3
    #expect(
      Judgement.above([0, 1, 2], 0.25, "ratio").detail
        == "ratio: 1, 95 % interval -1.484 to 3.484 (n = 3), to be above 0.25")
    #expect(Judgement.below([7], 8, "x").detail == "x: 7, and one seed has no interval (n = 1), to be below 8")
  }

  @Test(arguments: [
    ([Judgement(true, "a"), Judgement(true, "b")], StudyRecord.Criterion.Outcome.met),
    ([Judgement(true, ""), Judgement(.undecided, "")], .undecided),
    ([Judgement(.undecided, ""), Judgement(false, "")], .notMet), ([], .undecided),
  ])
  func partsAreJudgedTogether(parts: [Judgement], outcome: StudyRecord.Criterion.Outcome) {
    #expect(Judgement.all(parts).outcome == outcome)
  }
}
