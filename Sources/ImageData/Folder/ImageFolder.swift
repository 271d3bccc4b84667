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
  public let skipped: [SkippedFile]
  /// How long loading took.
  public let seconds: Double

  /// Names of the classes; the index of a name is its label.
  public var classes: [String] { train.classes }

  /// Sets that are in memory already.
  ///
  /// - Throws: `DataError` if they differ in classes, size or channels.
  public init(
    root: String, train: ImageSet, test: ImageSet, skipped: [SkippedFile] = [], seconds: Double = 0
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
  }

  /// Reads a folder, in parallel. The result does not depend on the number of threads.
  ///
  /// - Throws: `DataError` if the folder is not there or has no images; has fewer than two classes, or one without a
  ///   readable image; if train and test differ in classes; if images differ in size; or, when strict, for the first
  ///   file left out.
  public static func load(_ root: URL, options: ImageFolderOptions = ImageFolderOptions()) throws -> ImageFolder {
    let clock = ContinuousClock()
    let start = clock.now
    let listing = try FolderListing(root)
    try FolderRules.checkClasses(listing)
    let quiet = FileWorkers(threads: options.threads, progress: nil)
    let survey = FolderSurvey(listing, workers: quiet, limits: options.limits)
    if options.strict { try FolderRules.checkNone(listing.skipped + survey.skipped, root: listing.root) }
    let form = survey.form(of: options.decoding)
    try FolderRules.checkSizes(survey, listing, form: form)

    let entries = survey.splits.map { $0.map(\.entry) }
    guard let header = survey.splits.joined().first?.header else {
      throw FolderRules.noImages(listing, survey.skipped)
    }
    let decoding = FolderDecoding(
      listing: listing, header: header,
      decoder: ImageDecoder(form: form, policy: options.decoding, limits: options.limits), options: options)
    let (sets, failed) = try decode(entries, with: decoding)
    let skipped = listing.skipped + survey.skipped + failed
    try FolderRules.checkEveryClass(sets[0], sets[1], listing, skipped)
    return try ImageFolder(
      root: listing.root, train: sets[0], test: sets[1],
      skipped: skipped.sorted { scalarOrder($0.path, $1.path) }, seconds: (clock.now - start) / .seconds(1))
  }

  /// Train and test, and the files whose pixels turned out damaged.
  private static func decode(
    _ splits: [[FolderListing.Entry]], with decoding: FolderDecoding
  ) throws -> ([ImageSet], [SkippedFile]) {
    let (listing, options) = (decoding.listing, decoding.options)
    var splits = splits
    var skipped: [SkippedFile] = []
    while true {
      let division = listing.hasSplits ? splits : try StratifiedSplit(options, listing).divide(splits[0])
      let (sets, failed) = try decoding.decode(division)
      skipped += failed
      if options.strict { try FolderRules.checkNone(failed, root: listing.root) }
      if failed.isEmpty || listing.hasSplits { return (sets, skipped) }
      // A damaged file must not use up its class's share of test images: divide again without it.
      let damaged = Set(failed.map(\.path))
      splits = [splits[0].filter { !damaged.contains($0.path) }]
    }
  }
}
