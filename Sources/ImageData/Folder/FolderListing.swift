import Foundation

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
  let skipped: [FileNote]
  /// What the caller named: the root, or a list of files below it.
  let origin: String
  /// For a path that is one more path of a file, the first one of that file; of folders it is not asked.
  let aliases: [String: String]

  /// The folder itself, or each of its domains with the domain's name.
  ///
  /// - Throws: as `init(_:)`.
  static func listings(in root: URL) throws -> [(domain: String, listing: FolderListing)] {
    switch try FolderLayout(root) {
    case .domains(let names): return try names.map { ($0, try FolderListing(root.appendingPathComponent($0))) }
    case .classes, .unknown: return [("", try FolderListing(root))]
    case .manifest:
      throw DataError(
        code: .badData, path: root.path, reason: "a CSV manifest, not a folder of images",
        advice: "`steadfast data tasks` reads it.")
    }
  }

  var hasSplits: Bool { splits.count == 2 }

  /// The file that an entry stands for.
  func file(_ entry: Entry) -> String { root + "/" + entry.path }

  /// The first path of the file at a path.
  func target(_ path: String) -> String { aliases[path] ?? path }

  /// What is wrong with a class, about its folder or about the list of its images.
  func error(ofClass label: Int, in split: String = "", _ reason: String, _ advice: String = "") -> DataError {
    if origin != root {
      return DataError(code: .badData, path: origin, reason: "class \(classes[label]): \(reason)", advice: advice)
    }
    let folder = [root] + (hasSplits ? [split] : []) + [classes[label]]
    return DataError(code: .badData, path: folder.joined(separator: "/"), reason: reason, advice: advice)
  }

  /// Lists `ROOT/{train,test}/CLASS/*.png` or `ROOT/CLASS/*.png`.
  ///
  /// - Throws: `DataError` if the root is not there, is no folder, has no class folders, or has one of train and test
  ///   without the other.
  init(_ url: URL) throws {
    root = url.path
    let place = try ResolvedPath(root)
    guard place.isFolder else {
      throw DataError(
        code: .badData, path: root, reason: "not a folder", advice: "Name the folder that holds the class folders.")
    }
    var walk = FolderWalk(root: root, realRoot: place.real)
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
    aliases = [:]
  }

  /// A listing made elsewhere.
  ///
  /// - Parameter origin: the file that lists the images; a cache belongs to it.
  init(
    root: String, classes: [String], splits: [Split], skipped: [FileNote], origin: String, aliases: [String: String]
  ) {
    self.root = root
    self.classes = classes
    self.splits = splits
    self.skipped = skipped
    self.origin = origin
    self.aliases = aliases
  }
}
