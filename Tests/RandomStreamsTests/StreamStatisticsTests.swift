import RandomStreams
import Testing

/// Statistics at fixed seeds; the limits are at 5 standard deviations of the statistic or further.
struct StreamStatisticsTests {
  static let streams = [RandomStream(seed: 0), RandomStream(seed: 1).stream("a"), RandomStream(seed: .max).stream(7)]

  /// Pearson's chi-square against equal shares.
  static func chiSquare(_ counts: [Int]) -> Double {
    let expected = Double(counts.reduce(0, +)) / Double(counts.count)
    return counts.reduce(0) { $0 + (Double($1) - expected) * (Double($1) - expected) / expected }
  }

  /// Chi-square with d degrees of freedom has mean d and variance 2d. Far too even is as wrong as too uneven.
  static func expectUniform(_ counts: [Int], _ note: String, sourceLocation: SourceLocation = #_sourceLocation) {
    let freedom = Double(counts.count - 1)
    let deviation = (chiSquare(counts) - freedom) / (2 * freedom).squareRoot()
    #expect(abs(deviation) < 5, "\(note): \(deviation) standard deviations", sourceLocation: sourceLocation)
  }

  @Test(arguments: streams)
  func uniformNumbersFillTheUnitInterval(stream: RandomStream) {
    var counts = [Int](repeating: 0, count: 128)
    for counter in UInt64(0)..<50_000 {
      let value = stream.uniform(at: counter)
      #expect(value >= 0 && value < 1)
      counts[Int(value * 128)] += 1
    }
    Self.expectUniform(counts, "\(stream)")
  }

  @Test(arguments: streams)
  func everyBitIsSetHalfTheTime(stream: RandomStream) {
    var counts = [Int](repeating: 0, count: 64)
    let draws = 10_000
    for counter in 0..<UInt64(draws) {
      let bits = stream.bits(at: counter)
      for position in 0..<64 where bits >> UInt64(position) & 1 == 1 { counts[position] += 1 }
    }
    for (position, count) in counts.enumerated() {
      #expect(abs(Double(count) - Double(draws) / 2) < 5 * (Double(draws) / 4).squareRoot(), "bit \(position)")
    }
  }

  @Test(arguments: [1, 2, 3, 7, 10, 100])
  func integersAreEquallyLikely(bound: Int) {
    let stream = RandomStream(seed: 5).stream(bound)
    var counts = [Int](repeating: 0, count: bound)
    for counter in UInt64(0)..<20_000 { counts[stream.integer(below: bound, at: counter)] += 1 }
    if bound > 1 { Self.expectUniform(counts, "below \(bound)") } else { #expect(counts == [20_000]) }
  }

  /// Where bits × n without rejection would favour a third of the numbers two to one.
  @Test func integersAreEquallyLikelyBelowAHugeBound() {
    let bound = 3 << 61
    let stream = RandomStream(seed: 6)
    var counts = [0, 0, 0]
    for counter in UInt64(0)..<30_000 { counts[stream.integer(below: bound, at: counter) % 3] += 1 }
    Self.expectUniform(counts, "remainders")
  }

  /// The correlation of n independent pairs has standard deviation 1/√n.
  @Test func siblingsAreUncorrelated() {
    let root = RandomStream(seed: 11)
    let family =
      (0..<6).map { root.stream($0) } + ["a", "b", "ab", "ba", "0", "1"].map { root.stream($0) }
      + [root, root.stream("a").stream("b"), root.stream("b").stream("a"), RandomStream(seed: 12).stream("a")]
    let draws = 2_000
    let samples = family.map { stream in (0..<UInt64(draws)).map { stream.uniform(at: $0) - 0.5 } }
    for first in samples.indices {
      for second in samples.indices.dropFirst(first + 1) {
        let correlation = zip(samples[first], samples[second]).reduce(0) { $0 + $1.0 * $1.1 } * 12 / Double(draws)
        #expect(abs(correlation) < 5 / Double(draws).squareRoot(), "streams \(first) and \(second)")
      }
    }
    #expect(Set(family.map(\.key)).count == family.count)
  }

  @Test func firstDrawsOfNumberedSiblingsAreUniform() {
    var counts = [Int](repeating: 0, count: 64)
    let root = RandomStream(seed: 0)
    for index in 0..<20_000 { counts[Int(root.stream(index).uniform(at: 0) * 64)] += 1 }
    Self.expectUniform(counts, "first draws")
  }

  @Test(arguments: [2, 3, 4])
  func permutationsAreEquallyLikely(length: Int) {
    let root = RandomStream(seed: 21)
    var counts: [[Int]: Int] = [:]
    for index in 0..<12_000 { counts[root.stream(index).permutation(length), default: 0] += 1 }
    let factorial = (1...length).reduce(1, *)
    #expect(counts.count == factorial)
    Self.expectUniform(Array(counts.values), "permutations of \(length)")
  }

  @Test func permutationsHoldEveryNumberOnce() {
    for length in [0, 1, 2, 5, 1000] {
      #expect(RandomStream(seed: 3).stream(length).permutation(length).sorted() == Array(0..<length))
    }
  }
}
