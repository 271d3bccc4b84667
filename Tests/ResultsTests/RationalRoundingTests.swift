import Testing

@testable import Results

/// Fractions against doubles, decided by long multiplication in the test.
@Suite struct RationalRoundingTests {
  /// Whether double ≥ fraction, by dividing digit by digit: no rounding, no machine words.
  private func isAtLeast(_ double: Double, _ fraction: Rational) -> Bool {
    // double·2^s is whole; compare it times the denominator with numerator·2^s.
    var (scaled, shift) = (double, 0)
    while scaled != scaled.rounded(.down) { (scaled, shift) = (scaled * 2, shift + 1) }
    var left = Digits(UInt64(scaled))
    left.multiply(by: fraction.denominator)
    var right = Digits(1)
    right.multiply(by: fraction.numerator)
    for _ in 0..<shift { right.multiply(by: 2) }
    return !left.isBelow(right)
  }

  /// Parts up to 63 bits, most of them beyond 2⁵³: rounded up is the least double above, rounded down the largest
  /// below.
  @Test func bothRoundingsAreTheNearestOnTheirSide() throws {
    for seed in 0..<600 as Range<UInt64> {
      var random = SplitMix(seed: seed)
      let bits = (random.next() % 62, random.next() % 62)
      let numerator = Int(random.next() >> 1) >> Int(bits.0 * (seed % 2))
      let denominator = max(1, Int(random.next() >> 1) >> Int(bits.1 * (seed / 2 % 2)))
      let fraction = try Rational(numerator, over: denominator)
      let (up, down) = (fraction.roundedUp, fraction.roundedDown)
      #expect(isAtLeast(up, fraction) && (up == 0 || !isAtLeast(up.nextDown, fraction)), "seed \(seed): \(fraction)")
      #expect(down == up || down == up.nextDown, "seed \(seed): \(fraction)")
      #expect((down == up) == (isAtLeast(up, fraction) && fraction.isAtMost(up) && !isAbove(up, fraction)))
      #expect(PerturbationNorm.l2.isCertified(fraction, l2: up, linf: nil))
      #expect(up == 0 || !PerturbationNorm.l2.isCertified(fraction, l2: up.nextDown, linf: nil), "seed \(seed)")
    }
  }

  /// Whether double > fraction: the fraction with its parts exchanged.
  private func isAbove(_ double: Double, _ fraction: Rational) -> Bool {
    var (scaled, shift) = (double, 0)
    while scaled != scaled.rounded(.down) { (scaled, shift) = (scaled * 2, shift + 1) }
    var left = Digits(UInt64(scaled))
    left.multiply(by: fraction.denominator)
    var right = Digits(1)
    right.multiply(by: fraction.numerator)
    for _ in 0..<shift { right.multiply(by: 2) }
    return right.isBelow(left)
  }

  @Test func edges() throws {
    let huge = try Rational(Int.max, over: 1)
    #expect(huge.roundedUp == 0x1p63 && huge.roundedDown == (0x1p63).nextDown)
    #expect(Rational.zero.roundedUp == 0 && Rational.zero.roundedDown == 0)
    #expect(!Rational.zero.isAtMost(.nan) && !Rational.zero.isAtMost(-1) && huge.isAtMost(.infinity))
    #expect(try !Rational("1").isAtMost(.leastNonzeroMagnitude) && !huge.isAtMost(.nan))
    #expect(!PerturbationNorm.linf.isCertified(.zero, l2: 1, linf: .nan))
  }
}

/// A whole number by its digits to the base 10⁶, lowest first.
private struct Digits {
  private var digits: [Int] = []

  init(_ whole: UInt64) {
    var rest = whole
    while rest > 0 {
      digits.append(Int(rest % 1_000_000))
      rest /= 1_000_000
    }
  }

  mutating func multiply(by factor: Int) {
    // The factor in digits, so that no product is large.
    var (sum, rest, place) = ([Int](repeating: 0, count: digits.count + 5), factor, 0)
    while rest > 0 {
      for (index, digit) in digits.enumerated() { sum[index + place] += digit * (rest % 1_000_000) }
      (rest, place) = (rest / 1_000_000, place + 1)
    }
    for index in sum.indices.dropLast() {
      sum[index + 1] += sum[index] / 1_000_000
      sum[index] %= 1_000_000
    }
    while sum.last == 0 { sum.removeLast() }
    digits = sum
  }

  func isBelow(_ other: Digits) -> Bool {
    guard digits.count == other.digits.count else { return digits.count < other.digits.count }
    return zip(digits.reversed(), other.digits.reversed()).first { $0 != $1 }.map { $0 < $1 } ?? false
  }
}
