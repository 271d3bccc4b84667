import Foundation
import RandomStreams

/// A folder of PNG images, decoded: `ROOT/{train,test}/CLASS/*.png` or `ROOT/CLASS/*.png`.
///
/// Classes and files come in order of the Unicode scalars of their names, the same on every machine. Hidden files are
/// ignored; other files, damaged images and links that lead out of the root are left out and listed in `skipped`.
public struct ImageFolder: Sendable {
  /// The folder, as the caller named it.
  public let root: String
  public let train: ImageSet
  public let test: ImageSet
  /// Files left out, each with the reason.
  public let skipped: [FileNote]
  /// How long loading took.
  public let seconds: Double
  /// How many images this load decoded; lazy storage decodes later.
  public let decoded: Int
  /// How many images it found in a cache.
  public let reused: Int
  /// What happened that someone may want to know, such as a cache that could not be written; sentences.
  public let notes: [String]
  /// Whether which images are test images was drawn from a seed.
  public let isDivided: Bool

  /// Names of the classes; the index of a name is its label.
  public var classes: [String] { train.classes }

  /// Sets that are in memory already.
  ///
  /// - Throws: `DataError` if they differ in classes, size or channels.
  public init(
    root: String, train: ImageSet, test: ImageSet, skipped: [FileNote] = [], seconds: Double = 0, decoded: Int = 0,
    reused: Int = 0, notes: [String] = [], isDivided: Bool = false
  ) throws {
    guard train.classes == test.classes else {
      throw DataError(code: .badData, path: root, reason: "train and test differ in classes")
    }
    guard train.shape == test.shape else {
      throw DataError(code: .badData, path: root, reason: "train and test differ in the size of their images")
    }
    self.root = root
    self.train = train
    self.test = test
    self.skipped = skipped
    self.seconds = seconds
    self.decoded = decoded
    self.reused = reused
    self.notes = notes
    self.isDivided = isDivided
  }

  /// Reads a folder, in parallel. The result depends neither on the number of threads nor on the storage, but that lazy
  /// storage finds damaged pixels only when they are asked for.
  ///
  /// - Throws: `DataError` if the folder is not there or has no images; has fewer than two classes, or one without a
  ///   readable image; if train and test differ in classes; if images differ in size; or, when strict, for the first
  ///   file left out.
  public static func load(_ root: URL, options: ImageFolderOptions = ImageFolderOptions()) throws -> ImageFolder {
    try FolderLayout.requireClasses(root)
    return try load(FolderListing(root), options: options)
  }

  /// Reads the files of a listing, as `load(_:options:)` reads those of a folder.
  static func load(_ listing: FolderListing, options: ImageFolderOptions) throws -> ImageFolder {
    let clock = ContinuousClock()
    let start = clock.now
    try FolderRules.checkClasses(listing)
    if options.strict { try FolderRules.checkNone(listing.skipped, root: listing.root) }
    let split = listing.hasSplits ? nil : try StratifiedSplit(options, listing)
    let request = FolderRequest(listing, options)
    let images = try request.images()
    request.progress.finish()

    let skipped = listing.skipped + images.skipped
    guard !images.files.isEmpty else { throw FolderRules.noImages(listing, images.skipped) }
    let groups =
      try split?.divide(images.files.map(\.entry))
      ?? [0, 1].map { number in images.files.indices.filter { images.files[$0].split == number } }
    let chosen = [options.firstOfEachClass(groups[0]) { images.files[$0].entry.label }, groups[1]]
    let sets = try chosen.map { try images.set($0, classes: listing.classes) }
    try FolderRules.checkEveryClass(sets[0], sets[1], listing, skipped)
    return try ImageFolder(
      root: listing.root, train: sets[0], test: sets[1], skipped: skipped.sorted { scalarOrder($0.path, $1.path) },
      seconds: (clock.now - start) / .seconds(1), decoded: images.decoded, reused: images.reused,
      notes: images.notes + [shared(sets[0], sets[1])].compactMap { $0 }, isDivided: split != nil)
  }

  /// What is to be said of test images whose pixels are those of a train image, whatever their files and labels.
  /// Nothing where pixels are lazy: it would read them all.
  private static func shared(_ train: ImageSet, _ test: ImageSet) -> String? {
    guard let trained = train.knownPixelDigests, let tested = test.knownPixelDigests else { return nil }
    let seen = Set(trained)
    let count = tested.count { seen.contains($0) }
    if count == 0 { return nil }
    return (count == 1 ? "1 test image is" : "\(count) test images are")
      + " also in train: there the test measures what was learned by heart. `steadfast data inspect` lists images that "
      + "are the same, and `steadfast data split` keeps them on one side."
  }
}

extension ImageFolderOptions {
  /// The training images to take, in their order.
  fileprivate func firstOfEachClass(_ images: [Int], label: (Int) -> Int) -> [Int] {
    guard let trainPerClass else { return images }
    var taken: [Int: Int] = [:]
    return images.filter { image in
      taken[label(image), default: 0] += 1
      return taken[label(image), default: 0] <= trainPerClass
    }
  }
}
