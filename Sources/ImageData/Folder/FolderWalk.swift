/// Walks down an image folder and notes what it leaves out.
struct FolderWalk {
  let root: String
  let realRoot: String
  private(set) var skipped: [FileNote] = []

  init(root: String, realRoot: String) {
    self.root = root
    self.realRoot = realRoot
  }

  mutating func skip(_ path: String, _ reason: String) {
    skipped.append(FileNote(path: path, reason: reason))
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
