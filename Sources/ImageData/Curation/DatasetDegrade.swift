import Foundation
import RandomStreams

/// Makes domains of an image folder: the same images, worse.
public enum DatasetDegrade {
  /// Writes every readable image once a domain, as `TARGET/NAME/{train,test}/CLASS/FILE`, or `TARGET/NAME/CLASS/FILE`
  /// where the source has no splits. Images keep their channels and depth; a palette becomes RGB.
  ///
  /// The result depends on the source, the names and the seed alone, not on threads or order. One image a thread is in
  /// memory.
  /// - Parameter options: the limits, threads and progress; progress counts images written.
  /// - Throws: `DataError` if there is no domain or one twice, the source has no images, the target exists and is not
  ///   empty, or is the source or inside it, or writing fails; and what a degradation throws.
  public static func write(
    _ source: URL, to target: URL, domains: [Domain], seed: UInt64,
    options: ImageFolderOptions = ImageFolderOptions()
  ) throws -> DatasetDegradeSummary {
    try check(domains, target)
    try FolderLayout.requireClasses(source)
    let staged = try StagedFolder(target, source: source)
    let listing = try FolderListing(source)
    let entries = listing.splits.flatMap(\.entries)
    for domain in domains {
      for entry in Set(entries.map { ($0.path as NSString).deletingLastPathComponent }) {
        try staged.makeFolder(domain.folder + "/" + entry)
      }
    }
    let progress = LoadProgress(total: entries.count * domains.count, report: options.progress)
    let stream = RandomStream(seed: seed).stream("degrade")
    let outcomes = FileWorkers(threads: options.threads).map(entries.count) { reader, index -> Outcome in
      defer { progress.add(domains.count) }
      let path = entries[index].path
      let image: Image
      do {
        image = try decode(listing.file(entries[index]), options, reader)
      } catch {
        return .unreadable(FileNote(path: path, error: error))
      }
      do {
        for domain in domains {
          var pixels = image.pixels
          let draws = stream.stream(domain.folder).stream(path)
          try domain.degradation?.apply(to: &pixels, shape: image.shape) { _ in draws }
          let file = try PNG.encode(Image(shape: image.shape, pixels: pixels))
          try file.withUnsafeBytes { try staged.write($0, to: "\(domain.folder)/\(path)") }
        }
        return .written
      } catch {
        return .failed(error)
      }
    }
    var skipped = listing.skipped
    for outcome in outcomes {
      switch outcome {
      case .written: break
      case .unreadable(let file): skipped.append(file)
      case .failed(let error): throw error
      }
    }
    guard skipped.count < entries.count + listing.skipped.count else {
      throw FolderRules.noImages(listing, skipped)
    }
    try staged.commit()
    return DatasetDegradeSummary(
      domains: domains.map(\.folder), images: entries.count - (skipped.count - listing.skipped.count),
      notes: domains.count == 1
        ? ["one domain is no sequence yet: name more, such as none for the images as they are"] : [],
      skipped: skipped.sorted { scalarOrder($0.path, $1.path) })
  }

  /// With the channels and the depth that its file has.
  private static func decode(_ path: String, _ options: ImageFolderOptions, _ reader: FileReader) throws -> Image {
    try reader.withContent(of: path, limit: options.limits.maximumFileBytes) { bytes in
      let header = try PNG.header(of: bytes, path: path, limits: options.limits)
      let kept = PNGOptions(form: .natural, depth: header.bitDepth == 16 ? .sixteen : .eight)
      return try PNG.decodeWithWarnings(bytes, path: path, options: kept, limits: options.limits).image
    }
  }

  private enum Outcome: Sendable {
    case written
    case unreadable(FileNote)
    case failed(any Error)
  }

  private static func check(_ domains: [Domain], _ target: URL) throws {
    func fault(_ reason: String) -> DataError { DataError(code: .badData, path: target.path, reason: reason) }
    guard !domains.isEmpty else { throw fault("no degradation named") }
    guard Set(domains).count == domains.count else { throw fault("a degradation stands twice") }
  }
}

/// What degrading has written.
public struct DatasetDegradeSummary: Sendable, Hashable, Codable {
  /// The folders of the domains, in the order asked.
  public let domains: [String]
  /// Images of each domain.
  public let images: Int
  /// What else should be known, as sentences without a full stop.
  public let notes: [String]
  /// Files that were left out because they are damaged or no images, each with the reason.
  public let skipped: [FileNote]
}
