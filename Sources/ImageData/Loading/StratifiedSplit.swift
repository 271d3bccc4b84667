import RandomStreams

/// Divides the files of a folder without train and test: of each class the same share becomes test images.
struct StratifiedSplit {
  typealias Entry = FolderListing.Entry

  private let fraction: Double
  private let stream: RandomStream
  private let listing: FolderListing

  /// - Throws: `DataError` if the share is not between 0 and 1.
  init(_ options: ImageFolderOptions, _ listing: FolderListing) throws {
    guard options.testFraction > 0, options.testFraction < 1 else {
      throw DataError(
        code: .badData, path: listing.root,
        reason: "a test share of \(options.testFraction), and it must lie between 0 and 1")
    }
    fraction = options.testFraction
    stream = RandomStream(seed: options.seed).stream("split")
    self.listing = listing
  }

  /// Train and test, as ascending indices into `entries`. A class gives at least one file to each.
  ///
  /// - Throws: `DataError` if a class has fewer than two files.
  func divide(_ entries: [Entry]) throws -> [[Int]] {
    var (train, test): ([Int], [Int]) = ([], [])
    let byClass = Dictionary(grouping: entries.indices) { entries[$0].label }
    for (label, name) in listing.classes.enumerated() {
      let members = byClass[label] ?? []
      guard members.count >= 2 else {
        throw DataError(
          code: .badData, path: listing.root + "/" + name,
          reason: "\(members.count) readable images, and a class needs two to be divided into train and test")
      }
      let share = Int((Double(members.count) * fraction).rounded())
      let size = min(max(share, 1), members.count - 1)
      // A stream for each class, so that images added to one class leave the others where they were.
      let chosen = Set(stream.stream(name).permutation(members.count).prefix(size))
      for (rank, index) in members.enumerated() {
        if chosen.contains(rank) { test.append(index) } else { train.append(index) }
      }
    }
    return [train.sorted(), test.sorted()]
  }
}
