import RandomStreams

/// The share of each class that becomes test images, and the order in which they are drawn.
struct TestShare {
  private let fraction: Double
  private let stream: RandomStream

  /// - Parameter path: of what is divided, for errors.
  /// - Throws: `DataError` if the share is not between 0 and 1.
  init(_ options: ImageFolderOptions, path: String) throws {
    guard options.testFraction > 0, options.testFraction < 1 else {
      throw DataError(
        code: .badData, path: path,
        reason: "a test share of \(options.testFraction), and it must lie between 0 and 1")
    }
    fraction = options.testFraction
    stream = RandomStream(seed: options.seed).stream("split")
  }

  /// How many of a class become test images: at least one, and at least one does not.
  func size(of count: Int) -> Int {
    let share = Int((Double(count) * fraction).rounded())
    return min(max(share, 1), count - 1)
  }

  /// Which come first.
  ///
  /// - Parameter names: of what the images have in common, such as their class. Each has a stream of its own, so that
  ///   images added to one leave the others where they were.
  func order(_ names: [String], _ count: Int) -> [Int] {
    names.reduce(stream) { $0.stream($1) }.permutation(count)
  }
}
