extension Collection<Double> {
  /// The middle of the values in order, of an even number the mean of the two in the middle; nil of none.
  public var median: Double? {
    guard !isEmpty else { return nil }
    let (sorted, middle) = (sorted(), count / 2)
    return count % 2 == 1 ? sorted[middle] : sorted[middle - 1] / 2 + sorted[middle] / 2
  }
}
