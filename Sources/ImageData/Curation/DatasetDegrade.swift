import Foundation
import RandomStreams

/// Makes domains of an image folder: the same images, worse.
public enum DatasetDegrade {
  /// Writes every readable image once a degradation, as `TARGET/NAME/{train,test}/CLASS/FILE`, or `TARGET/NAME/CLASS/FILE`
  /// where the source has no splits. Images keep their channels and depth; a palette becomes RGB.
  ///
  /// The result depends on the source, the names and the seed alone, not on threads or order. One image a thread is in
  /// memory.
  /// - Parameter options: the limits, threads and progress; progress counts images written.
  /// - Throws: `DataError` if there is no degradation or one twice, the source has no images, the target exists
  ///   and is not empty, or writing fails; and what a degradation throws.
  public static func write(
    _ source: URL, to target: URL, degradations: [Degradation], seed: UInt64,
    options: ImageFolderOptions = ImageFolderOptions()
  ) throws -> DatasetDegradeSummary {
    try check(degradations, target)
    try FolderLayout.requireClasses(source)
    let staged = try StagedFolder(target)
    let listing = try FolderListing(source)
    let entries = listing.splits.flatMap(\.entries)
    for degradation in degradations {
      for entry in Set(entries.map { ($0.path as NSString).deletingLastPathComponent }) {
        try staged.makeFolder(degradation.folder + "/" + entry)
      }
    }
    let workers = FileWorkers(
      threads: options.threads,
      progress: options.progress.map { progress in
        { @Sendable done, total in progress(done * degradations.count, total * degradations.count) }
      })
    let stream = RandomStream(seed: seed).stream("degrade")
    let outcomes = workers.map(entries.count) { reader, index -> Outcome in
      let path = entries[index].path
      let image: Image
      do {
        image = try decode(listing.file(entries[index]), options, reader)
      } catch {
        return .unreadable(FileNote(path: path, error: error))
      }
      do {
        for degradation in degradations {
          var pixels = image.pixels
          let draws = stream.stream(degradation.folder).stream(path)
          try degradation.apply(to: &pixels, shape: image.shape) { _ in draws }
          let file = try PNG.encode(Image(shape: image.shape, pixels: pixels))
          try file.withUnsafeBytes { try staged.write($0, to: "\(degradation.folder)/\(path)") }
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
      domains: degradations.map(\.folder), images: entries.count - (skipped.count - listing.skipped.count),
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

  private static func check(_ degradations: [Degradation], _ target: URL) throws {
    func fault(_ reason: String) -> DataError { DataError(code: .badData, path: target.path, reason: reason) }
    guard !degradations.isEmpty else { throw fault("no degradation named") }
    let names = degradations.map(\.folder)
    guard Set(names).count == names.count else { throw fault("a degradation stands twice") }
  }
}

/// What degrading has written.
public struct DatasetDegradeSummary: Sendable, Hashable, Codable {
  public let domains: [String]
  /// Images of each domain.
  public let images: Int
  /// Files that were left out because they are damaged or no images, each with the reason.
  public let skipped: [FileNote]
}

extension Degradation {
  /// The folder of its domain.
  fileprivate var folder: String { "\(kind.rawValue)-\(severity)" }
}
