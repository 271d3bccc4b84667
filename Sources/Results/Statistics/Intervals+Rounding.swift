extension Intervals {
  /// The one-sided exact lower limit (Clopper & Pearson 1934), never above it: the limit at α(1 − 2⁻²⁰), so that the
  /// computed tail of the binomial distribution may be wrong by 2⁻²⁰ of itself. Its rounding stays far below that for n
  /// up to ``largestRoundedCount``; see ``BetaDistribution/inflation``.
  ///
  /// With probability at least 1 − `alpha` over the draws it lies below the true rate.
  /// - Precondition: `0 ≤ successes ≤ n ≤ 10⁸`, `0 < alpha < 1`.
  public static func clopperPearsonLowerRoundedDown(successes k: Int, n: Int, alpha: Double) -> Double {
    precondition(n <= largestRoundedCount, "the limit's rounding is known for at most \(largestRoundedCount) draws")
    return clopperPearsonLower(successes: k, n: n, alpha: alpha * (1 - BetaDistribution.inflation))
  }

  /// The most draws of which ``clopperPearsonLowerRoundedDown(successes:n:alpha:)`` and ``BinomialTest`` speak.
  public static let largestRoundedCount = 100_000_000
}

extension BetaDistribution {
  /// More than the relative error of ``cumulative(_:)`` below the mean, for a + b up to 10⁸. The exponent a·ln x +
  /// b·ln(1 − x) − ln B(a, b) is a difference of terms up to 10⁸ in size, each rounded to 2⁻⁵³ of itself a few times:
  /// an error below 10⁻⁷, which the exponential makes a relative one.
  static let inflation = 0x1p-20
}
