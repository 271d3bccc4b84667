/// What a folder must fulfil to train and test a classifier; each rule with the error that says what to do.
enum FolderRules {
  /// At least two classes, the same in train and test.
  static func checkClasses(_ listing: FolderListing) throws {
    for (have, lack) in listing.hasSplits ? [(0, 1), (1, 0)] : [] {
      let (have, lack) = (listing.splits[have], listing.splits[lack])
      let missing = Set(have.classes).subtracting(lack.classes).sorted(by: scalarOrder)
      if let name = missing.first {
        throw DataError(
          code: .badData, path: listing.origin,
          reason: "class \(name) is in \(have.name) but not in \(lack.name)"
            + (missing.count > 1 ? ", nor are \(missing.count - 1) more" : ""),
          advice: "Train and test need the same class folders.")
      }
    }
    if listing.classes.count == 1 {
      throw DataError(
        code: .badData, path: listing.origin, reason: "only one class, \(listing.classes[0])",
        advice: "A classifier needs at least two class folders.")
    }
  }

  /// All files of one size, and of as many channels, once decoded.
  static func checkSizes(_ files: [(path: String, shape: ImageShape)], _ listing: FolderListing) throws {
    guard let first = files.first, let other = files.first(where: { $0.shape != first.shape }) else { return }
    let (a, b) = (first.shape, other.shape)
    func size(_ shape: ImageShape) -> String {
      a.width == b.width && a.height == b.height
        ? "\(shape.channels) channels" : "\(shape.width) × \(shape.height)"
    }
    throw DataError(
      code: .badData, path: listing.origin,
      reason: "images of mixed size: \(first.path) has \(size(a)), \(other.path) has \(size(b))",
      advice: "Resize them (data.decoding.size), or leave out those that differ.")
  }

  /// At least one image of every class in train and in test.
  static func checkEveryClass(
    _ train: ImageSet, _ test: ImageSet, _ listing: FolderListing, _ skipped: [FileNote]
  ) throws {
    for (set, split) in [(train, "train"), (test, "test")] {
      let seen = Set(set.labels)
      guard let label = listing.classes.indices.first(where: { !seen.contains($0) }) else { continue }
      throw listing.error(
        ofClass: label, in: split, "no readable PNG image to \(split) on" + example(skipped),
        "Every class needs at least one image to train on and one to test on.")
    }
  }

  /// No file left out.
  static func checkNone(_ skipped: [FileNote], root: String) throws {
    guard let first = skipped.min(by: { scalarOrder($0.path, $1.path) }) else { return }
    throw DataError(
      code: .badData, path: root + "/" + first.path, reason: first.reason,
      advice: skipped.count == 1
        ? "Repair or remove it, or read the folder without strict."
        : "\(skipped.count) files would be left out; read the folder without strict to list them.")
  }

  static func noImages(_ listing: FolderListing, _ skipped: [FileNote]) -> DataError {
    DataError(
      code: .badData, path: listing.origin, reason: "no readable PNG images in it" + example(listing.skipped + skipped))
  }

  private static func example(_ skipped: [FileNote]) -> String {
    guard let first = skipped.first else { return "" }
    return "; \(skipped.count) left out, as \(first.path): \(first.reason)"
  }
}
