import Foundation

/// A closed interval `[low, high]`; in JSON a pair.
public struct Interval: Sendable, Equatable, Hashable, Codable {
  public var low: Double
  public var high: Double

  public init(low: Double, high: Double) {
    self.low = low
    self.high = high
  }

  public func contains(_ value: Double) -> Bool { low <= value && value <= high }

  public init(from decoder: any Decoder) throws {
    var container = try decoder.unkeyedContainer()
    low = try container.decode(Double.self)
    high = try container.decode(Double.self)
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.unkeyedContainer()
    try container.encode(low)
    try container.encode(high)
  }
}

/// Confidence intervals of rates and means.
public enum Intervals {
  /// The two-sided 95 % point of the standard normal distribution.
  public static let z95 = 1.959963984540054

  /// Wilson's score interval of a rate (Wilson 1927). With `n == 0` nothing is known: [0, 1].
  /// - Precondition: `0 ≤ successes ≤ n`.
  public static func wilson(successes: Int, n: Int, z: Double = z95) -> Interval {
    precondition(successes >= 0 && successes <= n, "\(successes) of \(n) is not a rate")
    guard n > 0 else { return Interval(low: 0, high: 1) }
    return wilson(rate: Double(successes) / Double(n), n: Double(n), z: z)
  }

  /// The same for a rate with an effective number of samples that need not be whole.
  static func wilson(rate p: Double, n: Double, z: Double) -> Interval {
    let zz = z * z / n
    let centre = p + zz / 2
    let half = z * (p * (1 - p) / n + zz / (4 * n)).squareRoot()
    // At 0 and 1 the limit is exact; rounding must not move it.
    return Interval(
      low: p <= 0 ? 0 : max(0, (centre - half) / (1 + zz)), high: p >= 1 ? 1 : min(1, (centre + half) / (1 + zz)))
  }

  /// One-sided exact lower limit (Clopper & Pearson 1934): below it the true rate lies with probability at most
  /// `alpha`.
  /// - Precondition: `0 ≤ successes ≤ n`, `0 < alpha < 1`.
  public static func clopperPearsonLower(successes k: Int, n: Int, alpha: Double) -> Double {
    precondition(k >= 0 && k <= n && alpha > 0 && alpha < 1)
    guard k > 0 else { return 0 }
    return BetaDistribution(a: Double(k), b: Double(n - k) + 1).quantile(alpha).low
  }

  /// Mean and Student-t interval of independent values (seeds, runs). `nil` for fewer than two values.
  public static func meanT(_ values: [Double], confidence: Double = 0.95) -> (mean: Double, interval: Interval)? {
    guard values.count >= 2 else { return nil }
    let n = Double(values.count)
    let mean = values.reduce(0, +) / n
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (n - 1)
    let half = studentT(probability: 1 - (1 - confidence) / 2, degrees: n - 1) * (variance / n).squareRoot()
    return (mean, Interval(low: mean - half, high: mean + half))
  }

  /// Quantile of Student's t for `probability` in [½, 1).
  static func studentT(probability: Double, degrees: Double) -> Double {
    // P(|T| > t) = I_x(ν/2, ½) with x = ν/(ν + t²).
    let x = BetaDistribution(a: degrees / 2, b: 0.5).quantile(2 * (1 - probability)).low
    return (degrees * (1 - x) / x).squareRoot()
  }
}
