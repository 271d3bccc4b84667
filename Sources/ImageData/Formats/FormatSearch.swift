import Foundation

/// Looks for known formats in a folder.
struct FormatSearch {
  let folder: URL
  let options: ImportOptions
  /// Plain files and folders directly inside, without those that a link leads out to.
  private let files: [String]
  private let folders: [String]

  init(folder: URL, options: ImportOptions) throws {
    self.folder = folder
    self.options = options
    (files, folders) = try Self.list(folder, root: folder)
  }

  /// - Throws: `DataError` if there is no known format, or more than one.
  func find() throws -> FoundFormat {
    let attempts = [idx, { try cifar(only: nil) }, archive, arrayFiles, classFolders]
    let found = try attempts.compactMap { try $0() }
    guard let first = found.first else {
      throw DataError(
        code: .badData, path: folder.path, reason: "no images in a format that is read",
        advice: "Expected are IDX files, CIFAR's .bin files, a .npz file, .npy files, or CLASS/*.npy.")
    }
    guard found.count == 1 else {
      throw DataError(
        code: .badData, path: folder.path,
        reason: "more than one data set: \(found.map(\.format).joined(separator: ", "))",
        advice: "Name one of the files.")
    }
    return first
  }

  private func url(_ name: String) -> URL { folder.appendingPathComponent(name) }

  private func idx() throws -> FoundFormat? {
    var pairs: [String: IDXPair] = [:]
    for pair in files.compactMap(IDXPair.init(images:)) {
      if let other = pairs.updateValue(pair, forKey: pair.set) {
        throw DataError(
          code: .badData, path: folder.path,
          reason: "both \(other.imagesName) and \(pair.imagesName) are images of \(pair.set)",
          advice: "Name one of the files, or remove one.")
      }
    }
    if pairs.isEmpty { return nil }
    let sets = try ["train", "test", "all"].compactMap { pairs[$0] }.map { pair in
      try IDXImages.set(
        named: pair.set, images: url(pair.imagesName), labels: pair.labels(in: folder), limit: options.maximumImages)
    }
    return FoundFormat(format: "IDX", sets: sets)
  }

  /// CIFAR's files, or one of them; nil where no name is a known one.
  func cifar(only: URL?) throws -> FoundFormat? {
    let names = only.map { [$0.lastPathComponent] } ?? files.filter { $0.hasSuffix(".bin") }
    let batches = names.filter { $0.hasPrefix("data_batch_") }
      .sorted { ($0.utf8.count, $0) < ($1.utf8.count, $1) }
    let splits: [(String, [String], CIFARImages.Kind)] = [
      ("train", batches, .ten), ("test", names.filter { $0 == "test_batch.bin" }, .ten),
      ("train", names.filter { $0 == "train.bin" }, .hundred), ("test", names.filter { $0 == "test.bin" }, .hundred),
    ].filter { !$0.1.isEmpty }
    guard let kind = splits.first?.2 else { return nil }
    guard splits.allSatisfy({ $0.2 == kind }) else {
      throw DataError(
        code: .badData, path: folder.path, reason: "files of both CIFAR-10 and CIFAR-100",
        advice: "Name one of the files.")
    }
    let classNames = try CIFARImages.classNames(in: folder, kind)
    return FoundFormat(
      format: "CIFAR-\(kind.classes)",
      sets: try splits.map { name, files, kind in
        try CIFARImages.set(
          named: name, files: files.map(url), kind: kind, classNames: classNames, limit: options.maximumImages)
      },
      notes: classNames == nil ? ["\(kind.namesFile) is not there: classes are named by number"] : [])
  }

  private func archive() throws -> FoundFormat? {
    let archives = files.filter { $0.lowercased().hasSuffix(".npz") }
    guard let name = archives.first else { return nil }
    guard archives.count == 1 else {
      throw DataError(
        code: .badData, path: folder.path, reason: "\(archives.count) .npz files", advice: "Name one of the files.")
    }
    return try Self.arrays(.npz(url(name)), format: "npz", options)
  }

  /// `images.npy` and `labels.npy`, here or in `train` and `test`, or files by the names of a .npz file's arrays.
  private func arrayFiles() throws -> FoundFormat? {
    var arrays: [String: URL] = [:]
    for name in files where name.hasSuffix(".npy") { arrays[String(name.dropLast(4))] = url(name) }
    for split in folders where ["train", "val", "test"].contains(split) {
      for part in ["images", "labels"] {
        let file = url(split).appendingPathComponent(part + ".npy")
        if FileManager.default.fileExists(atPath: file.path) { arrays["\(split)/\(part)"] = file }
      }
    }
    return arrays.isEmpty ? nil : try Self.arrays(.files(arrays, folder: folder), format: "npy", options)
  }

  private func classFolders() throws -> FoundFormat? {
    let splits = folders.filter { $0 == "train" || $0 == "test" }
    let places = splits.isEmpty ? [("all", folder)] : splits.sorted(by: >).map { ($0, url($0)) }
    var found: [(String, [String: [URL]])] = []
    for (name, place) in places {
      var classes: [String: [URL]] = [:]
      for folder in splits.isEmpty ? folders : try Self.list(place, root: self.folder).folders {
        let inside = place.appendingPathComponent(folder)
        let arrays = try Self.list(inside, root: self.folder).files.filter { $0.hasSuffix(".npy") }
        if !arrays.isEmpty, arrays != ["images.npy", "labels.npy"] {
          classes[folder] = arrays.map(inside.appendingPathComponent)
        }
      }
      found.append((name, classes))
    }
    let names = Set(found.flatMap(\.1.keys)).sorted(by: scalarOrder)
    if names.isEmpty { return nil }
    let sets = try found.compactMap { name, classes in
      try ArrayFolder.set(
        named: name, classes: names.map { ($0, classes[$0] ?? []) }, layout: options.layout,
        limit: options.maximumImages)
    }
    return FoundFormat(format: "npy, one file an image", sets: sets)
  }

  /// The sets of an archive, as the options name them or by well-known names.
  static func arrays(_ archive: ArrayArchive, format: String, _ options: ImportOptions) throws -> FoundFormat {
    if let asked = options.arrays { try archive.check(asked) }
    let pairs = try options.arrays ?? archive.pairs()
    guard !pairs.isEmpty else {
      throw DataError(
        code: .badData, path: archive.path,
        reason: "no arrays of known names, but \(try archive.names().prefix(12).joined(separator: ", "))",
        advice: "Say which arrays are images and labels.")
    }
    let sets = try pairs.map {
      try ArrayImages.set($0, in: archive, layout: options.layout, limit: options.maximumImages)
    }
    return FoundFormat(format: format, sets: sets, hasNamedArrays: true)
  }

  private static func list(_ folder: URL, root: URL) throws -> (files: [String], folders: [String]) {
    let real = try ResolvedPath(root.path).real
    var (files, folders): ([String], [String]) = ([], [])
    for entry in try FolderEntries(folder.path, root: real).entries {
      switch entry.kind {
      case .file: files.append(entry.name)
      case .folder: folders.append(entry.name)
      case .refused: break
      }
    }
    return (files, folders)
  }
}
