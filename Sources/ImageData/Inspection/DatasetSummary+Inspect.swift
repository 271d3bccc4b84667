import CPixels
import Foundation

extension DatasetSummary {
  /// Looks at every file of an image folder. Decodes one image a thread at a time, so memory does not grow with it.
  ///
  /// - Throws: `DataError` if the folder is not there or has no class folders. Whatever else is wrong is in the summary.
  public static func inspect(
    _ root: URL, options: ImageFolderOptions = ImageFolderOptions()
  ) throws -> DatasetSummary {
    let listing = try FolderListing(root)
    let survey = FolderSurvey(
      listing, workers: FileWorkers(threads: options.threads, progress: nil), limits: options.limits)
    let form = survey.form(of: options.decoding)
    var seen: [(split: Int, file: Inspected)] = []
    var skipped = listing.skipped + survey.skipped
    var done = 0
    let total = survey.splits.reduce(0) { $0 + $1.count }
    for (split, files) in survey.splits.enumerated() {
      let before = done
      done += files.count
      let report = options.progress.map { progress in
        { @Sendable (done: Int, _: Int) in progress(before + done, total) }
      }
      let entries = files.map(\.entry)
      let results = FileWorkers(threads: options.threads, progress: report).map(files.count) { reader, index in
        Result { try Inspected(entries[index], listing, form, options, reader) }
      }
      for (entry, result) in zip(entries, results) {
        switch result {
        case .success(let file): seen.append((split, file))
        case .failure(let error): skipped.append(SkippedFile(path: entry.path, error: error))
        }
      }
    }
    return DatasetSummary(
      root: listing.root, hasSplits: listing.hasSplits, classes: listing.classes, form: form,
      splits: listing.splits.enumerated().map { index, split in
        Split(
          name: split.name.isEmpty ? "all" : split.name, files: seen.filter { $0.split == index }.map(\.file),
          classes: listing.classes.count)
      },
      sizes: sizeCounts(seen.map(\.file.header)), storage: storageCounts(seen.map(\.file.header)),
      skipped: skipped.sorted { scalarOrder($0.path, $1.path) },
      warnings: seen.filter { !$0.file.warnings.isEmpty }.map {
        SkippedFile(path: $0.file.entry.path, reason: $0.file.warnings)
      },
      duplicates: try duplicates(seen, listing, form, options),
      problems: problems(listing, survey, form, seen))
  }

  /// What each rule of loading has to say.
  private static func problems(
    _ listing: FolderListing, _ survey: FolderSurvey, _ form: PixelForm, _ seen: [(split: Int, file: Inspected)]
  ) -> [String] {
    var problems: [String] = []
    func note(_ rule: () throws -> Void) {
      do { try rule() } catch { problems.append("\(error)") }
    }
    note { try FolderRules.checkClasses(listing) }
    note { try FolderRules.checkSizes(survey, listing, form: form) }
    for (index, split) in listing.splits.enumerated() {
      let present = Dictionary(grouping: seen.filter { $0.split == index }, by: \.file.entry.label)
      // Without splits, a class is divided and needs two.
      let needed = listing.hasSplits ? 1 : 2
      for (label, name) in listing.classes.enumerated() where (present[label]?.count ?? 0) < needed {
        let place = split.name.isEmpty ? name : "\(split.name)/\(name)"
        problems.append("\(place): \(present[label]?.count ?? 0) readable images, and at least \(needed) are needed")
      }
    }
    return problems
  }

  private static func sizeCounts(_ headers: [PNGHeader]) -> [SizeCount] {
    Dictionary(grouping: headers) { [$0.width, $0.height] }
      .map { SizeCount(width: $0.key[0], height: $0.key[1], images: $0.value.count) }
      .sorted { ($1.images, $0.width, $0.height) < ($0.images, $1.width, $1.height) }
  }

  private static func storageCounts(_ headers: [PNGHeader]) -> [StorageCount] {
    Dictionary(grouping: headers) { "\($0.colorType) \($0.bitDepth) \($0.isInterlaced) \($0.hasTransparency)" }
      .sorted { ($1.value.count, $0.key) < ($0.value.count, $1.key) }
      .map { _, group in
        StorageCount(
          colorType: "\(group[0].colorType)", bitDepth: group[0].bitDepth, isInterlaced: group[0].isInterlaced,
          hasTransparency: group[0].hasTransparency, images: group.count)
      }
  }

  /// Groups by hash, then compares the pixels themselves.
  private static func duplicates(
    _ seen: [(split: Int, file: Inspected)], _ listing: FolderListing, _ form: PixelForm, _ options: ImageFolderOptions
  ) throws -> [Duplicate] {
    var groups: [Duplicate] = []
    for (_, candidates) in Dictionary(grouping: seen, by: \.file.hash) where candidates.count > 1 {
      let images = Dictionary(grouping: candidates) { candidate in
        try? PNG.decode(
          contentsOf: URL(fileURLWithPath: listing.file(candidate.file.entry)), as: form,
          over: options.decoding.background,
          limits: options.limits)
      }
      for (image, same) in images where image != nil && same.count > 1 {
        groups.append(
          Duplicate(
            paths: same.map(\.file.entry.path), acrossSplits: Set(same.map(\.split)).count > 1,
            acrossClasses: Set(same.map(\.file.entry.label)).count > 1))
      }
    }
    return groups.sorted { scalarOrder($0.paths[0], $1.paths[0]) }
  }
}

/// What one decoded file adds to a summary.
struct Inspected: Sendable {
  let entry: FolderListing.Entry
  let header: PNGHeader
  let warnings: String
  /// Of size and pixels; good within this process only.
  let hash: Int
  let pixelCount: Int
  let sums: [UInt64]
  let squares: [UInt64]

  init(
    _ entry: FolderListing.Entry, _ listing: FolderListing, _ form: PixelForm, _ options: ImageFolderOptions,
    _ reader: FileReader
  ) throws {
    let path = listing.file(entry)
    self.entry = entry
    (header, warnings, hash, pixelCount, sums, squares) = try reader.withContent(
      of: path, limit: options.limits.maximumFileBytes
    ) { bytes in
      let (image, warnings, header) = try PNG.decodeWithWarnings(
        bytes, path: path, as: form, over: options.decoding.background, limits: options.limits)
      var hasher = Hasher()
      hasher.combine(image.width)
      hasher.combine(image.height)
      image.pixels.withUnsafeBytes { hasher.combine(bytes: $0) }
      var sums = [UInt64](repeating: 0, count: image.channels)
      var squares = sums
      let pixelCount = image.width * image.height
      cpixels_add_moments(image.pixels, 1, pixelCount, image.channels, &sums, &squares)
      return (header, warnings, hasher.finalize(), pixelCount, sums, squares)
    }
  }
}

extension DatasetSummary.Split {
  fileprivate init(name: String, files: [Inspected], classes: Int) {
    var perClass = [Int](repeating: 0, count: classes)
    for file in files { perClass[file.entry.label] += 1 }
    let pixels = Double(files.reduce(0) { $0 + $1.pixelCount })
    let channels = files.first?.sums.count ?? 0
    // Whole numbers as long as possible: the result does not depend on the order of files.
    let sums = (0..<channels).map { k in Double(files.reduce(0) { $0 + $1.sums[k] }) }
    let squares = (0..<channels).map { k in Double(files.reduce(0) { $0 + $1.squares[k] }) }
    let means = sums.map { $0 / pixels }
    self.init(
      name: name, images: files.count, imagesPerClass: perClass, mean: means.map { $0 / 255 },
      standardDeviation: zip(squares, means).map { (max($0 / pixels - $1 * $1, 0)).squareRoot() / 255 })
  }
}
