extension Collection<Double> {
  /// The middle of the values in order, of an even number the mean of the two in the middle; nil of none.
  public var median: Double? {
    guard !isEmpty else { return nil }
    let (sorted, middle) = (sorted(), count / 2)
    return count % 2 == 1 ? sorted[middle] : sorted[middle - 1] / 2 + sorted[middle] / 2
  }

  /// The largest value that at least half of the values reach; nil of none. The median of radii, where a mean of two
  /// would be a radius that hardly half of the images have.
  public var upperMedian: Double? { isEmpty ? nil : sorted()[count / 2] }
}
