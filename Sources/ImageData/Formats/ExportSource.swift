import Foundation

/// A folder to export, and how its files are decoded.
struct ExportSource: Sendable {
  let decoding: DecodingPolicy
  private let listing: FolderListing
  private let survey: FolderSurvey
  private let options: ImageFolderOptions

  /// Reads the header of every file.
  ///
  /// - Parameter decoding: nil: what keeps everything.
  /// - Throws: `DataError` if the folder is not there, is none of classes, or has no readable images.
  init(_ source: URL, decoding: DecodingPolicy?, options: ImageFolderOptions) throws {
    try FolderLayout.requireClasses(source)
    listing = try FolderListing(source)
    if options.strict { try FolderRules.checkNone(listing.skipped, root: listing.root) }
    var options = options
    options.decoding = decoding ?? DecodingPolicy()
    let workers = FileWorkers(threads: options.threads)
    survey = FolderSurvey(listing, workers: workers, options: options)
    let headers = survey.splits.joined().map(\.header)
    guard !headers.isEmpty else { throw FolderRules.noImages(listing, survey.skipped) }
    if decoding == nil {
      if headers.contains(where: \.hasAlpha) { options.decoding.alpha = .keep }
      if headers.contains(where: { $0.bitDepth == 16 }) { options.decoding.depth = .sixteen }
    }
    self.decoding = options.decoding
    self.options = options
  }

  /// Decodes all files.
  ///
  /// - Throws: `DataError` if images differ in size, a set has none, or, when strict, a file is left out.
  func load() throws -> ExportImages {
    let request = FolderRequest(listing, options)
    let images = try request.images()
    request.progress.finish()
    let sets = try listing.splits.enumerated().map { number, split in
      let chosen = images.files.indices.filter { images.files[$0].split == number }
      guard !chosen.isEmpty else {
        throw DataError(
          code: .badData, path: listing.root + (split.name.isEmpty ? "" : "/" + split.name),
          reason: "no readable PNG images in it")
      }
      return ExportSet(
        name: split.name.isEmpty ? "all" : split.name,
        images: ExportOrder(try images.set(chosen, classes: listing.classes)))
    }
    let written = Set(images.files.map(\.entry.path))
    let headers = survey.splits.joined().filter { written.contains($0.entry.path) }.map(\.header)
    let labels = ExportLabels(classes: listing.classes)
    return ExportImages(
      root: listing.root, classes: listing.classes, sets: sets, labels: labels,
      notes: ExportNotes(headers: headers, decoding: decoding, shape: images.shape).lines
        + (labels.areNamed ? [] : ["labels are the places of the classes' names in order, from 0"]) + images.notes,
      skipped: (listing.skipped + images.skipped).sorted { scalarOrder($0.path, $1.path) })
  }
}

/// Images to write.
struct ExportSet: Sendable {
  /// "train", "test" or "all".
  let name: String
  let images: ExportOrder
}

/// A folder that is ready to be written in another format.
struct ExportImages: Sendable {
  let root: String
  let classes: [String]
  /// At least one, each with at least one image.
  let sets: [ExportSet]
  let labels: ExportLabels
  let notes: [String]
  let skipped: [FileNote]

  var shape: ImageShape { sets[0].images.shape }
}
