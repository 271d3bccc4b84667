import Foundation
import Testing

@testable import Results

@Suite struct SignFlipTestTests {
  /// Darwin's maize, crossed minus self-fertilised, in eighths of an inch: Fisher (1935, section 21) counts 863 of
  /// 32,768 patterns with a sum of 314 or more, so that both tails hold 1,726.
  @Test func fisherCountedThePatternsOfDarwinsMaize() {
    let differences = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48].map(Double.init)
    #expect(differences.reduce(0, +) == 314)
    #expect(SignFlipTest.pValue(differences) == 1726.0 / 32768)
    // In other units sums that were equal differ by rounding.
    #expect(SignFlipTest.pValue(differences.map { $0 / 80 }) == 1726.0 / 32768)
  }

  private static let byHand: [([Double], Double)] = [
    ([1, 2, 3], 0.25), ([-1, 2, 3], 0.5), ([1, -2, 3], 0.75), ([1, 2, -3], 1), ([5], 1), ([1, 1], 0.5),
    ([1, 1, 1, 1, 1], 0.0625), ([0.1, 0.2, 0.3, 0.01, 0.5], 0.0625), ([0, 0, 0], 1), ([1, 0], 1),
    // 0.1 + 0.2 and 0.3 are one sum.
    ([0.1, 0.2, -0.3], 1),
  ]

  /// Counted by hand: of 2³ patterns of ±1 ±2 ±3 the sums are ±6, ±4, ±2 and 0 twice.
  @Test(arguments: byHand)
  func agreesWithTheHand(differences: [Double], p: Double) {
    #expect(SignFlipTest.pValue(differences) == p)
    #expect(SignFlipTest.pValue(differences.map { -$0 }) == p, "two-sided")
  }

  @Test(arguments: 1...60)
  func agreesWithEnumeration(seed: UInt64) {
    var state = seed &* 0x9E37_79B9_7F4A_7C15
    func draw(_ range: ClosedRange<Int>) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return range.lowerBound + Int((state >> 33) % UInt64(range.count))
    }
    // Small whole numbers, so that sums are exact and ties are many.
    let differences = (0..<draw(1...12)).map { _ in draw(-6...9) }
    let observed = abs(differences.reduce(0, +))
    let patterns = 1 << differences.count
    let extreme = (0..<patterns).count { pattern in
      abs(differences.enumerated().reduce(0) { $0 + (pattern >> $1.offset & 1 == 1 ? $1.element : -$1.element) })
        >= observed
    }
    // Hundredths are no binary fractions.
    let p = SignFlipTest.pValue(differences.map { Double($0) / 100 })
    #expect(p == Double(extreme) / Double(patterns), "seed \(seed): \(differences)")
  }

  @Test func manyDifferencesAreCountedToo() throws {
    let count = SignFlipTest.mostDifferences
    #expect(SignFlipTest.pValue(Array(repeating: 0.1, count: count)) == SignFlipTest.smallest(of: count))
    // Of 32 equal differences with k negative the p-value is a binomial tail: Σ_{j≤k} C(32, j) / 2³¹.
    let differences = Array(repeating: -1.0, count: 5) + Array(repeating: 1.0, count: count - 5)
    let tail = 1.0 + 32 + 496 + 4_960 + 35_960 + 201_376
    #expect(SignFlipTest.pValue(differences) == tail / pow(2, 31))
  }

  @Test func thereIsNoneOfNothing() {
    #expect(SignFlipTest.pValue([]) == nil && SignFlipTest.pValue([1, .nan]) == nil)
    #expect(SignFlipTest.pValue(Array(repeating: 1, count: SignFlipTest.mostDifferences + 1)) == nil)
    #expect(SignFlipTest.smallest(of: 5) == 0.0625 && SignFlipTest.smallest(of: 6) == 0.03125)
  }
}
