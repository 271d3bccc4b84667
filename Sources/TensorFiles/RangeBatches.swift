extension Range<Int> {
  /// Consecutive parts of so many numbers, the last one of as many as are left; a size below 1 counts as 1.
  package func batches(of size: Int) -> [Range<Int>] {
    let size = Swift.max(1, size)
    return stride(from: lowerBound, to: upperBound, by: size).map { $0..<$0 + Swift.min(size, upperBound - $0) }
  }
}
