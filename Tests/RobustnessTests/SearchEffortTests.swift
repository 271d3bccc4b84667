import Testing

@testable import Robustness

@Suite struct SearchEffortTests {
  private func effort(zero: [Bool], nonFinite: [Bool], rows: [Int]) -> SearchEffort {
    var effort = SearchEffort(count: 4)
    effort.addForward(rows: rows, where: rows)
    effort.addGradients(2, isZero: zero, isNonFinite: nonFinite, rows: rows, where: rows)
    return effort
  }

  @Test func anEnsembleCountsEachSampleOnceWhicheverPartSawIt() {
    let first = effort(zero: [true, false], nonFinite: [false, false], rows: [0, 1])
    let second = effort(zero: [false, true], nonFinite: [true, false], rows: [1, 2])
    let sum = first + second
    #expect(sum.statistics == GradientStatistics(samples: 3, zero: 2, nonFinite: 1, evaluations: 8))
    #expect(sum.queries == [1, 2, 1, 0])
    #expect(sum == second + first)
  }

  @Test func theSamplesOfAPartKeepTheirPlaces() {
    let part = effort(zero: [true, false], nonFinite: [false, true], rows: [0, 1])
    let whole = part.expanded(from: [2, 0, 1, 3], count: 6)
    #expect(whole.queries == [1, 0, 1, 0, 0, 0])
    #expect(whole.statistics == part.statistics)
    // Sample 2 saw the zero: seen again there, it stays one.
    let again = effort(zero: [true], nonFinite: [false], rows: [2]).expanded(from: [0, 1, 2, 3], count: 6)
    #expect((whole + again).statistics.zero == 1)
  }

  @Test func aVerdictCostsWhatWasSearched() {
    #expect(SearchEffort(queries: [0, 3]).withVerdict.queries == [0, 4])
  }
}
