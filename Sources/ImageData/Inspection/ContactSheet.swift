import Foundation

/// A picture of a folder of images: a row a class, some images of each, evenly spread over its files.
public enum ContactSheet {
  public struct Options: Sendable {
    /// Images of a class in each of train and test.
    public var perClass: Int
    /// How many classes stand side by side.
    public var columns: Int
    /// The longest side of the picture, in pixels. Classes that find no room are left out, and a line says so.
    public var maximumSide: Int
    /// Most files read at once.
    public var threads: Int
    /// How large one file may be.
    public var limits: PNGLimits

    public init(
      perClass: Int = 8, columns: Int = 1, maximumSide: Int = 4096,
      threads: Int = ProcessInfo.processInfo.activeProcessorCount, limits: PNGLimits = PNGLimits()
    ) {
      self.perClass = perClass
      self.columns = columns
      self.maximumSide = maximumSide
      self.threads = threads
      self.limits = limits
    }
  }

  /// Draws the sheet of an image folder, or of a folder of domains.
  ///
  /// Small images are enlarged by whole factors without smoothing; large ones become the means of their pixels. A file
  /// that cannot be read leaves a crossed tile.
  /// - Returns: RGB, 8 bits.
  /// - Throws: `DataError` if the folder is not there or has no class folders, or if not even small tiles find room.
  public static func make(_ folder: URL, options: Options = Options()) throws -> Image {
    let sample = try SheetSample(folder, perClass: max(1, options.perClass), options)
    let layout = try SheetLayout(sample, options)
    return try SheetDrawing(sample: sample, layout: layout, options: options).image()
  }
}

/// The files that a sheet shows.
struct SheetSample {
  struct Group {
    /// "train", "test", "all", or "domain/train".
    let name: String
    /// Files in it.
    let count: Int
    /// For each class how many files it has, and some of them, as whole paths.
    let classes: [(count: Int, shown: [String])]
  }

  let title: String
  let classes: [String]
  let groups: [Group]
  /// The longest side of the images shown, and the size of most of them where all have one.
  let longestSide: Int
  let commonSize: (width: Int, height: Int)?

  init(_ folder: URL, perClass: Int, _ options: ContactSheet.Options) throws {
    let domains = try FolderDomains.names(in: folder)
    let listings =
      try domains.isEmpty
      ? [("", FolderListing(folder))] : domains.map { ($0 + "/", try FolderListing(folder.appendingPathComponent($0))) }
    let classes = Set(listings.flatMap(\.1.classes)).sorted(by: scalarOrder)
    groups = listings.flatMap { domain, listing in
      listing.splits.map { split in
        let byClass = Dictionary(grouping: split.entries) { listing.classes[$0.label] }
        return Group(
          name: domain + (split.name.isEmpty ? "all" : split.name), count: split.entries.count,
          classes: classes.map { name in
            let files = byClass[name] ?? []
            let shown = min(perClass, files.count)
            return (files.count, (0..<shown).map { listing.file(files[$0 * files.count / shown]) })
          })
      }
    }
    self.classes = classes
    title = folder.standardizedFileURL.lastPathComponent
    let files = groups.flatMap { $0.classes.flatMap(\.shown) }
    let sizes = FileWorkers(threads: options.threads, progress: nil).map(files.count) { reader, index -> [Int]? in
      try? reader.withContent(of: files[index], limit: options.limits.maximumFileBytes) { bytes in
        let header = try PNG.header(of: bytes, path: files[index], limits: options.limits)
        return [header.width, header.height]
      }
    }.compactMap { $0 }
    longestSide = sizes.joined().max() ?? 1
    commonSize = Set(sizes).count == 1 ? sizes.first.map { ($0[0], $0[1]) } : nil
  }
}
