import Foundation
import RandomStreams

/// The images of a manifest on the disk: which there are, and which to train on.
struct ManifestFiles {
  /// One for each image in use, whatever number of rows it has, by path.
  private var labels: [String: String] = [:]
  /// The names of all labels, in order of Unicode scalars.
  let classes: [String]
  private let rows: [Manifest.Row]
  private let root: String
  private let manifest: String
  /// Files that are missing, lead out of the folder or were found to be damaged.
  private(set) var skipped: [FileNote] = []

  /// - Parameters:
  ///   - rows: those in use.
  ///   - manifest: the file that lists them; they lie in its folder.
  init(rows: [Manifest.Row], manifest: URL, workers: FileWorkers) throws {
    let root = manifest.deletingLastPathComponent().path
    guard let real = resolvedPath(root) else { throw FileReader.systemError(root) }
    self.rows = rows
    self.root = root
    self.manifest = manifest.path
    classes = Set(rows.map(\.label)).sorted(by: scalarOrder)
    let paths = Set(rows.map(\.path)).sorted(by: scalarOrder)
    let problems = workers.map(paths.count) { _, index -> String? in
      guard let target = resolvedPath(root + "/" + paths[index]) else { return String(cString: strerror(errno)) }
      return target.hasPrefix(real + "/") ? nil : "a symbolic link that leads out of the folder"
    }
    leaveOut(zip(paths, problems).compactMap { path, reason in reason.map { FileNote(path: path, reason: $0) } })
  }

  /// Lists files as skipped, such as damaged ones, which must not use up their class's share of test images.
  mutating func leaveOut(_ files: [FileNote]) {
    skipped = files
    let left = Set(files.map(\.path))
    labels = Dictionary(rows.map { ($0.path, $0.label) }) { label, _ in label }.filter { !left.contains($0.key) }
  }

  /// As the manifest says, as `division` says, or in one piece.
  func listing(division: [String: Manifest.Split]?) -> FolderListing {
    let label = Dictionary(uniqueKeysWithValues: zip(classes, classes.indices))
    let entries = labels.map { FolderListing.Entry(path: $0.key, label: label[$0.value] ?? 0) }
      .sorted { $0.label == $1.label ? scalarOrder($0.path, $1.path) : $0.label < $1.label }
    func split(_ name: String, _ entries: [FolderListing.Entry]) -> FolderListing.Split {
      FolderListing.Split(name: name, classes: classes, entries: entries)
    }
    let splits =
      division.map { division in
        Manifest.Split.allCases.map { name in split(name.rawValue, entries.filter { division[$0.path] == name }) }
      } ?? [split("", entries)]
    return FolderListing(root: root, classes: classes, splits: splits, skipped: skipped, origin: manifest)
  }

  /// Of each class of each task the same share becomes test images. An image that is in several tasks is what the first
  /// of them makes it, or it would be tested on after it was trained on.
  ///
  /// - Parameter tasks: their names, in order.
  /// - Throws: `DataError` if a class of a task has no image left for one of the two.
  func divided(tasks: [String], options: ImageFolderOptions) throws -> [String: Manifest.Split] {
    guard options.testFraction > 0, options.testFraction < 1 else {
      throw DataError(
        code: .badData, path: manifest,
        reason: "a test share of \(options.testFraction), and it must lie between 0 and 1")
    }
    let random = RandomStream(seed: options.seed).stream("split")
    let byTask = Dictionary(grouping: rows.filter { labels[$0.path] != nil }) { $0.task ?? "" }
    var division: [String: Manifest.Split] = [:]
    for task in tasks {
      let byClass = Dictionary(grouping: byTask[task] ?? [], by: \.label)
      for (label, members) in byClass.sorted(by: { scalarOrder($0.key, $1.key) }) {
        let paths = members.map(\.path).sorted(by: scalarOrder)
        let share = Int((Double(paths.count) * options.testFraction).rounded())
        let wanted = min(max(share, 1), paths.count - 1)
        var tested = paths.filter { division[$0] == .test }.count
        for place in random.stream(task).stream(label).permutation(paths.count) where division[paths[place]] == nil {
          division[paths[place]] = tested < wanted ? .test : .train
          if tested < wanted { tested += 1 }
        }
        guard tested > 0, tested < paths.count else {
          throw DataError(
            code: .badData, path: manifest,
            reason: "class \(label) of task \(task) has \(paths.count) readable images, "
              + "which do not give one to train on and one to test on",
            advice: "Add images, or a column split that says what each is for.")
        }
      }
    }
    return division
  }
}
