/// Divides the files of a folder without train and test: of each class the same share becomes test images.
struct StratifiedSplit {
  typealias Entry = FolderListing.Entry

  private let share: TestShare
  private let listing: FolderListing

  /// - Throws: `DataError` if the share is not between 0 and 1.
  init(_ options: ImageFolderOptions, _ listing: FolderListing) throws {
    share = try TestShare(options, path: listing.origin)
    self.listing = listing
  }

  /// Train and test, as ascending indices into `entries`. A class gives at least one file to each, and a file with
  /// several paths is on one side.
  ///
  /// - Throws: `DataError` if a class has fewer than two files.
  func divide(_ entries: [Entry]) throws -> [[Int]] {
    var (train, test): ([Int], [Int]) = ([], [])
    let byClass = Dictionary(grouping: entries.indices) { entries[$0].label }
    for (label, name) in listing.classes.enumerated() {
      let files = files(byClass[label] ?? [], entries)
      guard files.count >= 2 else {
        throw listing.error(
          ofClass: label, "\(files.count) readable images, and a class needs two to be divided into train and test")
      }
      let chosen = Set(share.order([name], files.count).prefix(share.size(of: files.count)))
      for (rank, paths) in files.enumerated() {
        if chosen.contains(rank) { test += paths } else { train += paths }
      }
    }
    return [train.sorted(), test.sorted()]
  }

  /// The entries of each file, in order of its first.
  private func files(_ members: [Int], _ entries: [Entry]) -> [[Int]] {
    if listing.aliases.isEmpty { return members.map { [$0] } }
    var places: [String: Int] = [:]
    var files: [[Int]] = []
    for index in members {
      let file = listing.target(entries[index].path)
      if let place = places[file] {
        files[place].append(index)
      } else {
        places[file] = files.count
        files.append([index])
      }
    }
    return files
  }
}
