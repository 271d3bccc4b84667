import Foundation

/// A file that was left out, and why.
public struct SkippedFile: Sendable, Hashable, Codable {
  /// Relative to the folder's root.
  public let path: String
  public let reason: String

  public init(path: String, reason: String) {
    self.path = path
    self.reason = reason
  }
}

/// The files of an image folder by class and split, before any is opened.
struct FolderListing: Sendable {
  struct Entry: Sendable {
    /// Relative to the root.
    let path: String
    /// Index into `classes`.
    let label: Int
  }

  struct Split: Sendable {
    /// "train", "test", or "" where the folder has no splits.
    let name: String
    /// Class folders there, in order.
    let classes: [String]
    let entries: [Entry]
  }

  /// The root as the caller named it.
  let root: String
  /// All classes of all splits, in order of Unicode scalars.
  let classes: [String]
  /// Train and test, or the one split of a folder without them.
  let splits: [Split]
  let skipped: [SkippedFile]
  /// What the caller named: the root, or a list of files below it.
  let origin: String

  var hasSplits: Bool { splits.count == 2 }

  /// The file that an entry stands for.
  func file(_ entry: Entry) -> String { root + "/" + entry.path }

  /// Lists `ROOT/{train,test}/CLASS/*.png` or `ROOT/CLASS/*.png`.
  ///
  /// - Throws: `DataError` if the root is not there, is no folder, has no class folders, or has one of train and test
  ///   without the other.
  init(_ url: URL) throws {
    root = url.path
    guard let real = resolvedPath(root) else { throw FileReader.systemError(root) }
    var status = stat()
    guard stat(real, &status) == 0 else { throw FileReader.systemError(root) }
    guard status.st_mode & S_IFMT == S_IFDIR else {
      throw DataError(
        code: .badData, path: root, reason: "not a folder", advice: "Name the folder that holds the class folders.")
    }
    var walk = FolderWalk(root: root, realRoot: real)
    let top = try walk.folders(in: "")
    let names = top.filter { $0 == "train" || $0 == "test" }
    if names.count == 1 {
      let missing = names == ["train"] ? "test" : "train"
      throw DataError(
        code: .badData, path: root, reason: "has a folder \(names[0]) but none named \(missing)",
        advice: "Add \(root)/\(missing)/CLASS/*.png, or put the classes directly into \(root).")
    }
    var found: [(name: String, classes: [String: [String]])] = []
    if names.count == 2 {
      for other in top where other != "train" && other != "test" {
        walk.skip(other, "a folder beside train and test")
      }
      for name in ["train", "test"] { found.append((name, try walk.images(of: walk.folders(in: name), in: name))) }
    } else {
      found.append(("", try walk.images(of: top, in: "")))
    }
    let classes = Set(found.flatMap(\.classes.keys)).sorted(by: scalarOrder)
    guard !classes.isEmpty else {
      throw DataError(
        code: .badData, path: root, reason: "no class folders in it",
        advice: "Images are expected as \(root)/CLASS/*.png or \(root)/{train,test}/CLASS/*.png.")
    }
    self.classes = classes
    splits = found.map { split in
      Split(
        name: split.name, classes: split.classes.keys.sorted(by: scalarOrder),
        entries: classes.enumerated().flatMap { label, name in
          (split.classes[name] ?? []).map { Entry(path: $0, label: label) }
        })
    }
    skipped = walk.skipped
    origin = root
  }

  /// A listing made elsewhere.
  ///
  /// - Parameter origin: the file that lists the images, where one does; a cache belongs to it.
  init(root: String, classes: [String], splits: [Split], skipped: [SkippedFile], origin: String? = nil) {
    self.root = root
    self.classes = classes
    self.splits = splits
    self.skipped = skipped
    self.origin = origin ?? root
  }
}

/// Walks down an image folder and notes what it leaves out.
private struct FolderWalk {
  let root: String
  let realRoot: String
  private(set) var skipped: [SkippedFile] = []

  init(root: String, realRoot: String) {
    self.root = root
    self.realRoot = realRoot
  }

  mutating func skip(_ path: String, _ reason: String) {
    skipped.append(SkippedFile(path: path, reason: reason))
  }

  /// The folders directly in `path`. Files there, such as a README, are nobody's business unless they are images.
  mutating func folders(in path: String) throws -> [String] {
    var folders: [String] = []
    for entry in try entries(path) {
      switch entry.kind {
      case .folder: folders.append(entry.name)
      case .file: if isPNG(entry.name) { skip(join(path, entry.name), "an image outside any class folder") }
      case .refused(let reason): skip(join(path, entry.name), reason)
      }
    }
    return folders
  }

  /// The PNG files of each class folder in `path`, by class.
  mutating func images(of classes: [String], in path: String) throws -> [String: [String]] {
    var images: [String: [String]] = [:]
    for name in classes {
      let folder = join(path, name)
      guard images[name] == nil else {
        throw DataError(
          code: .badData, path: root + "/" + folder,
          reason: "two class folders have this name and differ only in how Unicode writes it")
      }
      var files: [String] = []
      for entry in try entries(folder) {
        let file = join(folder, entry.name)
        switch entry.kind {
        case .file where isPNG(entry.name): files.append(file)
        case .file: skip(file, "its name does not end in .png")
        case .folder: skip(file, "a folder inside a class")
        case .refused(let reason): skip(file, reason)
        }
      }
      images[name] = files
    }
    return images
  }

  private func entries(_ path: String) throws -> [(name: String, kind: FolderEntries.Kind)] {
    try FolderEntries(path.isEmpty ? root : root + "/" + path, root: realRoot).entries
  }

  private func join(_ folder: String, _ name: String) -> String { folder.isEmpty ? name : folder + "/" + name }

  private func isPNG(_ name: String) -> Bool { name.lowercased().hasSuffix(".png") }
}
