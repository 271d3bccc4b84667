/// The exact binomial test of two outcomes that would be equally likely, also known as the sign test.
public enum BinomialTest {
  /// The two-sided p-value: how likely as uneven a split of n fair tosses is, or a more uneven one; never below it, by
  /// at most 2⁻²⁰ of itself. 1 of no tosses.
  ///
  /// The distribution is symmetric, so it is twice P(X ≥ k) with k the larger part, and P(X ≥ k) = I_½(k, n − k + 1).
  /// - Precondition: `0 ≤ successes ≤ n ≤ 10⁸`.
  public static func pValueRoundedUp(successes: Int, n: Int) -> Double {
    precondition(successes >= 0 && successes <= n && n <= Intervals.largestRoundedCount)
    let larger = max(successes, n - successes)
    guard 2 * larger > n else { return 1 }
    let tail = BetaDistribution(a: Double(larger), b: Double(n - larger) + 1).cumulative(0.5)
    return min(1, 2 * tail * (1 + BetaDistribution.inflation))
  }
}
