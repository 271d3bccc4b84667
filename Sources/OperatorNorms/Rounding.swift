/// The rounding rules behind every bound of this module.
///
/// A bound is computed in double precision and pushed outward by at least what rounding may have taken. Only the
/// textbook error bounds of sums, products and inner products are used (Higham, *Accuracy and Stability of Numerical
/// Algorithms*, 2002, §3.1): |fl(xᵀy) − xᵀy| ≤ γₙ|x|ᵀ|y| with γₙ = nu / (1 − nu), for any order of summation, with or
/// without fused multiply-add. No bound relies on the accuracy of an FFT or of a singular value decomposition.
public enum Rounding {
  /// The unit roundoff of double precision, 2⁻⁵³.
  public static let unit = 0x1p-53

  /// A bound on γₙ, with room for a few more roundings of the same kind; `unit` is the unit roundoff of the arithmetic.
  package static func gamma(_ n: Int, unit: Double = Rounding.unit) -> Double {
    let sum = Double(n + 4) * unit
    return sum < 1 ? 1.01 * sum / (1 - sum) : .infinity
  }

  /// Below this everything counts as this, so that no bound is lost to underflow; values are scaled to about 1 first.
  static let floor = 0x1p-500
}

extension Double {
  /// The least double no less than `self · factor`; neither may be negative.
  package func timesUp(_ factor: Double) -> Double {
    let product = self * factor
    // The fused product is the rounding error itself, unless it underflows.
    return (-product).addingProduct(self, factor) > 0 || (product < 0x1p-900 && self != 0 && factor != 0)
      ? product.nextUp : product
  }

  /// The least double no less than `self + other`; neither may be negative.
  package func plusUp(_ other: Double) -> Double {
    let sum = self + other
    // Knuth's exact error of a sum.
    let part = sum - self
    return (self - (sum - part)) + (other - part) > 0 ? sum.nextUp : sum
  }

  /// A number at least √self.
  package var squareRootUp: Double { squareRoot().nextUp }
}
