import Foundation

/// The files of an image folder, of each of its domains, each file decoded once.
struct InspectedFolder: Sendable {
  struct File: Sendable {
    /// Relative to the root.
    let path: String
    /// Index into `splits`.
    let split: Int
    /// Index into `classes`.
    let label: Int
    let content: InspectedFile
  }

  struct Split: Sendable, Hashable {
    /// "" where the folder has no domains.
    let domain: String
    /// "train", "test", or "all" where there are no splits.
    let part: String

    var name: String { domain.isEmpty ? part : "\(domain)/\(part)" }
  }

  /// The root as the caller named it.
  let root: String
  /// Empty where the folder itself has the class folders.
  let domains: [String]
  /// All classes of all splits, in order of Unicode scalars.
  let classes: [String]
  let splits: [Split]
  /// What all files were decoded to.
  let form: PixelForm
  /// Readable ones, in the order of splits, classes and names.
  let files: [File]
  /// Those left out, each with the reason, in no special order.
  let skipped: [FileNote]
  /// For the passes to come.
  let progress: LoadProgress
  /// Why loading would refuse the folder.
  let problems: [String]

  /// Lists and decodes a folder. Memory grows with the number of files, by some hundred bytes each, not with their
  /// size.
  ///
  /// - Parameter passes: how often every file is gone through in all, of which this is one.
  /// - Throws: `DataError` if the folder is not there or has no class folders.
  init(_ url: URL, options: ImageFolderOptions, passes: Int = 1) throws {
    let listings = try FolderListing.listings(in: url)
    let domains = listings.map(\.domain).filter { !$0.isEmpty }
    let workers = FileWorkers(threads: options.threads)
    let surveys = listings.map { FolderSurvey($0.1, workers: workers, options: options) }
    let forms = Set(surveys.map { $0.form(of: options.decoding) })
    let form = forms.count == 1 ? forms.first ?? .rgb : .rgb
    let classes = Set(listings.flatMap(\.1.classes)).sorted(by: scalarOrder)
    let labels = Dictionary(uniqueKeysWithValues: classes.enumerated().map { ($1, $0) })
    let total = surveys.reduce(0) { $0 + $1.splits.reduce(0) { $0 + $1.count } }
    let progress = LoadProgress(total: passes * total, report: options.progress)

    var splits: [Split] = []
    var files: [File] = []
    var skipped: [FileNote] = []
    for ((domain, listing), survey) in zip(listings, surveys) {
      let prefix = domain.isEmpty ? "" : domain + "/"
      skipped += (listing.skipped + survey.skipped).map { FileNote(path: prefix + $0.path, reason: $0.reason) }
      for (split, members) in zip(listing.splits, survey.splits) {
        let entries = members.map(\.entry)
        let results = workers.map(entries.count) { reader, index in
          defer { progress.add() }
          return Result { try InspectedFile(listing.file(entries[index]), form: form, options: options, reader) }
        }
        for (entry, result) in zip(entries, results) {
          switch result {
          case .success(let content):
            files.append(
              File(
                path: prefix + entry.path, split: splits.count, label: labels[listing.classes[entry.label]] ?? 0,
                content: content))
          case .failure(let error): skipped.append(FileNote(path: prefix + entry.path, error: error))
          }
        }
        splits.append(Split(domain: domain, part: split.name.isEmpty ? "all" : split.name))
      }
    }
    root = url.path
    self.progress = progress
    self.domains = domains
    self.classes = classes
    self.splits = splits
    self.form = form
    self.files = files
    self.skipped = skipped
    problems = Self.problems(listings, surveys, options, classes, splits, files)
  }

  /// What each rule of loading has to say.
  private static func problems(
    _ listings: [(domain: String, listing: FolderListing)], _ surveys: [FolderSurvey], _ options: ImageFolderOptions,
    _ classes: [String], _ splits: [Split], _ files: [File]
  ) -> [String] {
    var problems: [String] = []
    func note(_ rule: () throws -> Void) {
      do { try rule() } catch { problems.append("\(error)") }
    }
    var shapes: [(name: String, shape: ImageShape)] = []
    for ((domain, listing), survey) in zip(listings, surveys) {
      note { try FolderRules.checkClasses(listing) }
      // Each folder is loaded in a form of its own.
      let decoder = ImageDecoder(
        form: survey.form(of: options.decoding), policy: options.decoding, limits: options.limits)
      note {
        let files = try survey.shapes(decoder)
        if let first = files.first { shapes.append((domain, first.shape)) }
        try FolderRules.checkSizes(files, listing)
      }
    }
    if let root = listings.first?.listing.root, listings.count > 1 {
      let path = (root as NSString).deletingLastPathComponent
      note { try StreamRules.checkDomains(listings.map { ($0.domain, $0.listing.classes) }, path: path) }
      note { try StreamRules.checkShapes(shapes, path: path) }
      note {
        let folders = listings.map { (name: $0.domain, url: URL(fileURLWithPath: $0.listing.root)) }
        try StreamRules.checkDifferent(folders, path: path)
      }
    }
    var counts = [[Int]](repeating: [Int](repeating: 0, count: classes.count), count: splits.count)
    for file in files { counts[file.split][file.label] += 1 }
    for (split, perClass) in zip(splits, counts) {
      // Without splits, a class is divided and needs two.
      let needed = split.part == "all" ? 2 : 1
      for (name, count) in zip(classes, perClass) where count < needed {
        let place = [split.domain, split.part == "all" ? "" : split.part, name].filter { !$0.isEmpty }
        problems.append("\(place.joined(separator: "/")): \(count) readable images, and at least \(needed) are needed")
      }
    }
    return problems
  }
}
