import Foundation

/// The images of a manifest on the disk: which there are, and which to train on.
struct ManifestFiles {
  /// One for each image in use, whatever number of rows it has, by path.
  private var labels: [String: String] = [:]
  /// The names of all labels, in order of Unicode scalars.
  let classes: [String]
  private let rows: [Manifest.Row]
  private let root: String
  private let manifest: String
  /// For a path that is one more path of a file, the first one of that file.
  private let aliases: [String: String]
  /// Files that are missing, lead out of the folder or were found to be damaged.
  private(set) var skipped: [FileNote] = []

  /// - Parameters:
  ///   - list: the rows in use.
  ///   - manifest: the file that lists them; they lie in its folder.
  /// - Throws: `DataError` if a file that is listed by several paths, as symbolic links make them, has two labels or is
  ///   to train on and to test on.
  init(_ list: Manifest, at manifest: URL, workers: FileWorkers) throws {
    let root = manifest.deletingLastPathComponent().path
    let real = try ResolvedPath(root).real
    rows = list.rows
    self.root = root
    self.manifest = manifest.path
    classes = Set(rows.map(\.label)).sorted(by: scalarOrder)
    let paths = Set(rows.map(\.path)).sorted(by: scalarOrder)
    let found = workers.map(paths.count) { _, index -> (target: String, problem: String?) in
      guard let target = resolvedPath(root + "/" + paths[index]) else { return ("", String(cString: strerror(errno))) }
      return (target, target.hasPrefix(real + "/") ? nil : "a symbolic link that leads out of the folder")
    }
    var first: [String: String] = [:]
    var aliases: [String: String] = [:]
    for (path, file) in zip(paths, found) where file.problem == nil {
      if let other = first[file.target] { aliases[path] = other } else { first[file.target] = path }
    }
    self.aliases = aliases
    try Self.checkAliases(list, aliases, manifest.path)
    leaveOut(zip(paths, found).compactMap { path, file in file.problem.map { FileNote(path: path, reason: $0) } })
  }

  /// What the rows of one path agree in, those of all paths of a file do.
  private static func checkAliases(_ list: Manifest, _ aliases: [String: String], _ path: String) throws {
    if aliases.isEmpty { return }
    var first: [String: Int] = [:]
    for (index, row) in list.rows.enumerated() {
      let file = aliases[row.path] ?? row.path
      guard let before = first[file] else {
        first[file] = index
        continue
      }
      let other = list.rows[before]
      if other.label == row.label, other.split == row.split { continue }
      let what =
        other.label == row.label
        ? "to train on and to test on" : "with two labels, \(other.label) and \(row.label)"
      throw DataError(
        code: .badData, path: path,
        reason: "\(other.path) and \(row.path) are one file \(what), "
          + "in lines \(list.lines[before]) and \(list.lines[index])",
        advice: "Leave out one of them.")
    }
  }

  /// Lists files as skipped, such as damaged ones, which must not use up their class's share of test images.
  mutating func leaveOut(_ files: [FileNote]) {
    skipped = files
    let left = Set(files.map(\.path))
    labels = Dictionary(rows.map { ($0.path, $0.label) }) { label, _ in label }.filter { !left.contains($0.key) }
  }

  /// As the manifest says, as `division` says, or in one piece.
  ///
  /// - Parameter division: by the first path of each file.
  func listing(division: [String: Manifest.Split]?) -> FolderListing {
    let label = Dictionary(uniqueKeysWithValues: zip(classes, classes.indices))
    let entries = labels.map { FolderListing.Entry(path: $0.key, label: label[$0.value] ?? 0) }
      .sorted { $0.label == $1.label ? scalarOrder($0.path, $1.path) : $0.label < $1.label }
    func split(_ name: String, _ entries: [FolderListing.Entry]) -> FolderListing.Split {
      FolderListing.Split(name: name, classes: classes, entries: entries)
    }
    let splits =
      division.map { division in
        Manifest.Split.allCases.map { name in
          split(name.rawValue, entries.filter { division[file($0.path)] == name })
        }
      } ?? [split("", entries)]
    return FolderListing(
      root: root, classes: classes, splits: splits, skipped: skipped, origin: manifest, aliases: aliases)
  }

  /// What the column of the manifest says, by the first path of each file.
  var given: [String: Manifest.Split] {
    Dictionary(rows.map { (file($0.path), $0.split ?? .train) }) { split, _ in split }
  }

  /// Of each class of each task the same share becomes test images. An image that is in several tasks is what the first
  /// of them makes it, or it would be tested on after it was trained on.
  ///
  /// - Parameter tasks: their names, in order.
  /// - Returns: by the first path of each file.
  /// - Throws: `DataError` if a class of a task has no image left for one of the two.
  func divided(tasks: [String], options: ImageFolderOptions) throws -> [String: Manifest.Split] {
    let share = try TestShare(options, path: manifest)
    let byTask = Dictionary(grouping: rows.filter { labels[$0.path] != nil }) { $0.task ?? "" }
    var division: [String: Manifest.Split] = [:]
    for task in tasks {
      let byClass = Dictionary(grouping: byTask[task] ?? [], by: \.label)
      for (label, members) in byClass.sorted(by: { scalarOrder($0.key, $1.key) }) {
        let files = Set(members.map { file($0.path) }).sorted(by: scalarOrder)
        let wanted = share.size(of: files.count)
        var tested = files.count { division[$0] == .test }
        for place in share.order([task, label], files.count) where division[files[place]] == nil {
          division[files[place]] = tested < wanted ? .test : .train
          if tested < wanted { tested += 1 }
        }
        guard tested > 0, tested < files.count else {
          throw DataError(
            code: .badData, path: manifest,
            reason: "class \(label) of task \(task) has \(files.count) readable images, "
              + "which do not give one to train on and one to test on",
            advice: "Add images, or a column split that says what each is for.")
        }
      }
    }
    return division
  }

  /// The first path of the file at a path.
  private func file(_ path: String) -> String { aliases[path] ?? path }
}
