extension Rational {
  /// The least double that is no less than the fraction.
  package var roundedUp: Double {
    var double = value
    while !isAtMost(double) { double = double.nextUp }
    while double > 0, isAtMost(double.nextDown) { double = double.nextDown }
    return double
  }

  /// The largest double that does not exceed the fraction.
  package var roundedDown: Double {
    let above = roundedUp
    return isAtLeast(above) ? above : above.nextDown
  }

  /// Whether the fraction is at most a double, decided in whole numbers; never at most NaN.
  package func isAtMost(_ double: Double) -> Bool { order(to: double) <= 0 }

  private func isAtLeast(_ double: Double) -> Bool { order(to: double) >= 0 }

  /// The sign of fraction − m·2ᵏ, the double's value, which is that of numerator − m·2ᵏ·denominator: both sides have at
  /// most 63 and 116 bits before the power of two goes to one of them, and a side that it takes beyond 127 bits is the
  /// larger.
  private func order(to double: Double) -> Int {
    guard double >= 0 else { return 1 }
    guard double.isFinite else { return -1 }
    guard double > 0 else { return numerator > 0 ? 1 : 0 }
    // m·2ᵏ with a whole m below 2⁵³, of subnormal numbers too.
    let m = UInt128(double.significandBitPattern | (double.isNormal ? 1 << 52 : 0))
    let k = max(1, Int(double.exponentBitPattern)) - 1075
    var (left, right) = (UInt128(numerator), m * UInt128(denominator))
    guard left > 0 else { return -1 }
    if k < 0 {
      guard left.leadingZeroBitCount > -k else { return 1 }
      left <<= -k
    } else {
      guard right.leadingZeroBitCount > k else { return -1 }
      right <<= k
    }
    return left < right ? -1 : left > right ? 1 : 0
  }
}

extension PerturbationNorm {
  /// Whether radii, in pixels, reach a size, compared with the exact fraction and not with its nearest double. An L1
  /// ball lies in the L2 ball of its radius, since ‖δ‖₂ ≤ ‖δ‖₁.
  /// - Parameters: nil where nothing is certified.
  package func isCertified(_ epsilon: Rational, l2: Double?, linf: Double?) -> Bool {
    (self == .linf ? linf : l2).map { epsilon.isAtMost($0) } ?? false
  }
}
