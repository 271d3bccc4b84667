import Foundation
import Testing

@testable import Results

/// Against statsmodels, mpmath and SciPy: see Tools/oracles/smoothing.py.
@Suite struct RoundedLimitTests {
  private struct Golden: Decodable {
    var limits: [[Double]]
    var quantiles: [[Double]]
    var tests: [[Double]]
  }

  private func golden() throws -> Golden {
    try JSONDecoder().decode(Golden.self, from: Data(contentsOf: fixture("smoothing.json")))
  }

  /// Never above the limit, and below it by about 2⁻²⁰ of the distance that α makes.
  @Test func lowerLimitsLieJustBelow() throws {
    let limits = try golden().limits
    #expect(limits.count > 200)
    for row in limits {
      let (k, n, alpha, exact) = (Int(row[0]), Int(row[1]), row[2], row[3])
      let lower = Intervals.clopperPearsonLowerRoundedDown(successes: k, n: n, alpha: alpha)
      #expect(lower <= exact, "\(row): \(lower)")
      #expect(lower >= exact * (1 - 2e-6), "\(row): \(lower)")
      #expect(k == 0 || lower < Intervals.clopperPearsonLower(successes: k, n: n, alpha: alpha), "\(row)")
    }
  }

  /// The inflation covers the tail's own error many times: at the limits of statsmodels the tail is α.
  @Test func tailsAreAccurateFarBeyondTheirInflation() throws {
    for row in try golden().limits where row[0] > 0 {
      let tail = BetaDistribution(a: row[0], b: row[1] - row[0] + 1).cumulative(row[3])
      // The golden limit is itself rounded, which its tail magnifies by up to k.
      let slack = 1e-11 + row[1] * 1e-15 + row[0] * 0x1p-50
      #expect(abs(tail / row[2] - 1) < min(slack, BetaDistribution.inflation / 4), "\(row): \(tail)")
    }
  }

  @Test func quantilesLieJustBelow() throws {
    let quantiles = try golden().quantiles
    #expect(quantiles.count == 35)
    for row in quantiles {
      let z = NormalDistribution.quantileRoundedDown(row[0])
      #expect(z <= row[1] && z > row[1] - 3e-9, "\(row): \(z)")
    }
    #expect(NormalDistribution.quantileRoundedDown(1) == .infinity)
    #expect(NormalDistribution.quantileRoundedDown(0) == -.infinity)
    #expect(NormalDistribution.quantileRoundedDown(.nan) == -.infinity)
    #expect(NormalDistribution.quantileRoundedDown(0.5) <= 0)
  }

  @Test func quantilesRise() {
    let points = (1..<2_000).map { Double($0) / 2_000 }
    let values = points.map(NormalDistribution.quantileRoundedDown)
    #expect(zip(values, values.dropFirst()).allSatisfy { $0 < $1 })
  }

  @Test func pValuesLieJustAbove() throws {
    for row in try golden().tests {
      let (k, n, exact) = (Int(row[0]), Int(row[1]), row[2])
      let p = BinomialTest.pValueRoundedUp(successes: k, n: n)
      #expect(p >= exact * (1 - 1e-12) && p <= min(1, exact * (1 + 2e-6)), "\(row): \(p)")
      #expect(p == BinomialTest.pValueRoundedUp(successes: n - k, n: n))
    }
    #expect(BinomialTest.pValueRoundedUp(successes: 0, n: 0) == 1)
    #expect(BinomialTest.pValueRoundedUp(successes: 1, n: 1) == 1)
  }

  /// Ten tosses, counted by hand: nine heads or more, or one or fewer, in 22 of 1,024 ways.
  @Test func tenTosses() {
    let p = BinomialTest.pValueRoundedUp(successes: 9, n: 10)
    #expect(p >= 22.0 / 1024 && p < 22.0 / 1024 * (1 + 2e-6))
  }
}
