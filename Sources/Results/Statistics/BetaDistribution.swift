import Foundation

/// The beta distribution, as far as exact binomial and t intervals need it.
struct BetaDistribution {
  let a: Double
  let b: Double

  /// Regularised incomplete beta function I_x(a, b).
  func cumulative(_ x: Double) -> Double {
    guard x > 0 else { return 0 }
    guard x < 1 else { return 1 }
    // The continued fraction converges fast on the side of the mean where x lies below it.
    if x < (a + 1) / (a + b + 2) { return Self.tail(a, b, x) }
    return 1 - Self.tail(b, a, 1 - x)
  }

  /// The x with I_x(a, b) = p as a bracket of neighbouring doubles, so that callers can round outward.
  func quantile(_ p: Double) -> Interval {
    var (low, high) = (0.0, 1.0)
    // Bisection: 1,100 halvings suffice for any double; about 60 happen.
    for _ in 0..<1_100 {
      let middle = low + (high - low) / 2
      if middle <= low || middle >= high { break }
      if cumulative(middle) <= p { low = middle } else { high = middle }
    }
    return Interval(low: low, high: high)
  }

  /// x^a (1−x)^b / (a·B(a,b)) times Lentz's evaluation of the continued fraction DLMF 8.17.22.
  private static func tail(_ a: Double, _ b: Double, _ x: Double) -> Double {
    let front = exp(a * log(x) + b * log1p(-x) - logBeta(a, b)) / a
    let tiny = 1e-300
    func guarded(_ value: Double) -> Double { abs(value) < tiny ? tiny : value }
    var c = 1.0
    var d = 1 / guarded(1 - (a + b) * x / (a + 1))
    var fraction = d
    for m in 1..<100_000 {
      let m = Double(m)
      let even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
      d = 1 / guarded(1 + even * d)
      c = guarded(1 + even / c)
      fraction *= d * c
      let odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
      d = 1 / guarded(1 + odd * d)
      c = guarded(1 + odd / c)
      let step = d * c
      fraction *= step
      if abs(step - 1) < 1e-16 { break }
    }
    return front * fraction
  }

  /// ln B(a,b) without the cancellation of three large log-gammas.
  private static func logBeta(_ a: Double, _ b: Double) -> Double {
    let (small, large) = (min(a, b), max(a, b))
    guard large > 40 else { return logGamma(small) + logGamma(large) - logGamma(small + large) }
    let sum = small + large
    // ln Γ(large) − ln Γ(sum), by Stirling with its correction terms.
    let ratio = (large - 0.5) * -log1p(small / large) - small * log(sum) + small
    let tailDifference = stirlingTail(large) - stirlingTail(sum)
    guard small > 40 else { return logGamma(small) + ratio + tailDifference }
    let smallGamma = (small - 0.5) * log(small) - small + 0.5 * log(2 * .pi) + stirlingTail(small)
    return smallGamma + ratio + tailDifference
  }

  /// ln Γ(x) − [(x − ½) ln x − x + ½ ln 2π] for x > 40.
  private static func stirlingTail(_ x: Double) -> Double {
    let y = 1 / (x * x)
    return (1 / 12.0 - y * (1 / 360.0 - y * (1 / 1260.0 - y / 1680.0))) / x
  }

  private static func logGamma(_ x: Double) -> Double { lgamma(x) }
}
