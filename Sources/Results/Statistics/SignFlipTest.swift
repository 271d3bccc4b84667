/// The exact paired permutation test of a mean difference (Fisher, "The Design of Experiments", 1935, section 21).
///
/// Where two strategies are equally good, the sign of each seed's difference is as likely one as the other. So the
/// two-sided p-value is the share of the 2ⁿ patterns of signs whose sum is, in absolute value, at least the observed
/// one. Nothing is assumed of the differences' distribution, and nothing is drawn: all patterns are counted.
public enum SignFlipTest {
  /// The most differences that are taken: 2³² patterns are counted by halves in a blink, more are not.
  public static let mostDifferences = 32

  /// The two-sided p-value; nil of no differences, of more than ``mostDifferences`` and where one is not finite.
  public static func pValue(_ differences: [Double]) -> Double? {
    guard (1...mostDifferences).contains(differences.count), differences.allSatisfy(\.isFinite) else { return nil }
    // Sums that are equal as fractions may differ as floats; real differences of rates are far larger.
    let tolerance = 1e-12 * differences.reduce(0) { $0 + abs($1) }
    let observed = abs(differences.reduce(0, +)) - tolerance
    guard observed > 0 else { return 1 }
    // Every pattern is one of the first half and one of the second (Horowitz & Sahni 1974).
    let middle = differences.count / 2
    let first = sums(differences[..<middle])
    let second = sums(differences[middle...])
    var count = 0
    var partners = 0
    // As the one sum grows, more of the other half reach the observed sum with it.
    for sum in first {
      while partners < second.count, sum + second[second.count - 1 - partners] >= observed { partners += 1 }
      count += partners
    }
    // The patterns with all signs turned are as many, and others.
    return 2 * Double(count) / Double(UInt64(1) << differences.count)
  }

  /// The smallest p-value that so many differences can have: all of one sign.
  public static func smallest(of count: Int) -> Double {
    count < 1 ? 1 : 2 / Double(UInt64(1) << min(count, 63))
  }

  /// The sums under every pattern of signs, ascending.
  private static func sums(_ differences: ArraySlice<Double>) -> [Double] {
    differences.reduce(into: [0.0]) { sums, difference in
      sums = sums.map { $0 + difference } + sums.map { $0 - difference }
    }.sorted()
  }
}
