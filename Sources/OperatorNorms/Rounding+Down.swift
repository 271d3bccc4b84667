/// The counterparts of ``Swift/Double/timesUp(_:)`` and its like, for numbers that a true value is not below.
extension Double {
  /// The largest double no more than `self · factor`; neither may be negative.
  package func timesDown(_ factor: Double) -> Double {
    let product = self * factor
    return (-product).addingProduct(self, factor) < 0 || (product < 0x1p-900 && product > 0)
      ? product.nextDown : product
  }

  /// The largest double no more than `self + other`; neither may be negative.
  package func plusDown(_ other: Double) -> Double {
    let sum = self + other
    let part = sum - self
    return (self - (sum - part)) + (other - part) < 0 ? sum.nextDown : sum
  }
}
