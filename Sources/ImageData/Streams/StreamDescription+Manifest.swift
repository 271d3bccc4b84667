import Foundation
import RandomStreams

extension StreamDescription {
  /// The tasks that a manifest names or, where it names none, its classes dealt to tasks.
  func openManifest(_ url: URL, _ options: ImageFolderOptions, random: RandomStream) throws -> TaskStream {
    let file = try Self.manifestFile(url)
    let manifest = try Manifest(reading: file)
    if manifest.hasTasks { try checkNoDealing(path: file.path) }
    let list = try using(manifest, path: file.path)
    var seen: Set<String> = []
    let names = list.rows.compactMap(\.task).filter { seen.insert($0).inserted }
    if manifest.hasTasks, names.count < 2 {
      throw StreamRules.fewTasks(
        file.path, "Name two tasks or more in the column task, or leave it out, so that classes are dealt to tasks.")
    }
    try Self.checkEveryClass(list.rows, path: file.path)
    let images = try load(list, tasks: names, file: file, options: options)
    if manifest.hasTasks { return named(names, list.rows, images) }
    let dealt = try DataError.about(file.path) { try classSplit(images, random: random) }
    return TaskStream(dealt: dealt, as: .manifest)
  }

  /// The CSV file that a path stands for.
  ///
  /// - Throws: `DataError` if there is none.
  static func manifestFile(_ url: URL) throws -> URL {
    guard try ResolvedPath(url.path).isFolder else { return url }
    let file = url.appendingPathComponent(Manifest.fileName)
    guard resolvedPath(file.path) != nil else {
      throw DataError(
        code: .noSuchInput, path: url.path, reason: "no file \(Manifest.fileName) in it",
        advice: "Name the CSV file itself, or use another stream.kind for a folder without one.")
    }
    return file
  }

  private func checkNoDealing(path: String) throws {
    let standard = StreamDescription()
    for (key, changed) in [
      (Key.classesPerTask, classesPerTask != standard.classesPerTask), (.sizes, !sizes.isEmpty),
      (.order, order != standard.order),
    ] where changed {
      throw DataError(
        code: .badData, path: path, reason: "\(key.rawValue) means nothing where the manifest has a column task",
        advice: "Leave it out, or the column.")
    }
  }

  /// The rows of the classes asked for.
  private func using(_ manifest: Manifest, path: String) throws -> Manifest {
    if classes.isEmpty { return manifest }
    let there = Set(manifest.rows.map(\.label))
    for name in classes where !there.contains(name) {
      throw DataError(
        code: .badData, path: path, reason: "no class named \(name)",
        advice: "There are: \(there.sorted(by: scalarOrder).joined(separator: ", ")).")
    }
    return Manifest(manifest, using: Set(classes))
  }

  /// Every class has images for both purposes in every task that has it, before any image is read.
  private static func checkEveryClass(_ rows: [Manifest.Row], path: String) throws {
    struct Member: Hashable {
      let task: String?
      let label: String
    }
    var counts: [Member: (rows: Int, train: Int, test: Int)] = [:]
    for row in rows {
      var count = counts[Member(task: row.task, label: row.label)] ?? (0, 0, 0)
      count.rows += 1
      if row.split == .train { count.train += 1 }
      if row.split == .test { count.test += 1 }
      counts[Member(task: row.task, label: row.label)] = count
    }
    let hasSplits = rows.first?.split != nil
    for row in rows {
      guard let count = counts[Member(task: row.task, label: row.label)] else { continue }
      let place = "class \(row.label)" + (row.task.map { " of task \($0)" } ?? "")
      if hasSplits && (count.train == 0 || count.test == 0) {
        throw DataError(
          code: .badData, path: path, reason: "\(place) has no image to \(count.train == 0 ? "train" : "test") on",
          advice: "Add some, or leave the class out.")
      }
      if count.rows < 2 {
        throw DataError(
          code: .badData, path: path, reason: "\(place) has one image, and needs one to train on and one to test on",
          advice: "Add some, or leave the class out.")
      }
    }
  }

  private func load(
    _ list: Manifest, tasks: [String], file: URL, options: ImageFolderOptions
  ) throws -> ImageFolder {
    var files = try ManifestFiles(list, at: file, workers: FileWorkers(threads: options.threads))
    if list.hasSplits { return try ImageFolder.load(files.listing(division: files.given), options: options) }
    if tasks.isEmpty { return try ImageFolder.load(files.listing(division: nil), options: options) }
    var left = files.skipped.count
    while true {
      let division = try files.divided(tasks: tasks, options: options)
      let images = try ImageFolder.load(files.listing(division: division), options: options)
      if images.skipped.count == left { return images }
      // Divide again without those that turned out damaged, and list them as what they are.
      left = images.skipped.count
      files.leaveOut(images.skipped)
    }
  }

  private func named(_ names: [String], _ rows: [Manifest.Row], _ images: ImageFolder) -> TaskStream {
    let label = Dictionary(uniqueKeysWithValues: zip(images.classes, images.classes.indices))
    // In the order asked for, else in that of the names.
    let all = classes.isEmpty ? Array(images.classes.indices) : classes.compactMap { label[$0] }
    let byTask = Dictionary(grouping: rows) { $0.task ?? "" }
    let tasks = names.map { name in
      let members = byTask[name] ?? []
      let paths = Set(members.map(\.path))
      let present = Set(members.compactMap { label[$0.label] })
      let own = all.filter(present.contains)
      let output = Dictionary(uniqueKeysWithValues: zip(own, own.indices))
      func of(_ set: ImageSet) -> TaskImages {
        let chosen = set.paths.indices.filter { paths.contains(set.paths[$0]) }
        return TaskImages(set, indices: chosen, targets: chosen.compactMap { output[set.labels[$0]] })
      }
      return ImageTask(
        name: name, classes: own, classNames: own.map { images.classes[$0] }, train: of(images.train),
        test: of(images.test))
    }
    return TaskStream(
      kind: .manifest, tasks: tasks, classes: images.classes, folders: [images],
      description: "\(tasks.count) tasks, as a manifest names them")
  }
}

extension TaskStream {
  /// The tasks of a stream that was made in another way.
  fileprivate init(dealt stream: TaskStream, as kind: Kind) {
    self.init(
      kind: kind, tasks: stream.tasks, classes: stream.classes, folders: stream.folders,
      description: stream.description)
  }
}
