extension Rational {
  /// The least double that is no less than the fraction; of parts from 2⁵³ on, a little above it.
  package var roundedUp: Double {
    guard isExactlyHeld else { return value.nextUp.nextUp }
    return excess >= 0 ? value : value.nextUp
  }

  /// The largest double that does not exceed the fraction; of parts from 2⁵³ on, a little below it.
  package var roundedDown: Double { excess > 0 || !isExactlyHeld ? max(0, value.nextDown) : value }

  private var isExactlyHeld: Bool { numerator < 1 << 53 && denominator < 1 << 53 }

  /// Has the sign of value − fraction: the fused form rounds once.
  private var excess: Double { (-Double(numerator)).addingProduct(value, Double(denominator)) }
}

extension PerturbationNorm {
  /// Whether radii, in pixels, reach a size, compared with the exact fraction and not with its nearest double. An L1 ball
  /// lies in the L2 ball of its radius, since ‖δ‖₂ ≤ ‖δ‖₁.
  /// - Parameters: nil where nothing is certified.
  package func isCertified(_ epsilon: Rational, l2: Double?, linf: Double?) -> Bool {
    (self == .linf ? linf : l2).map { $0 >= epsilon.roundedUp } ?? false
  }
}
