import Foundation

/// What is directly inside one folder, by name in order of Unicode scalars.
struct FolderEntries {
  enum Kind {
    case file
    case folder
    /// A pipe, socket or device; a link that is broken or leads out of the root: with the reason not to touch it.
    case refused(String)
  }

  let entries: [(name: String, kind: Kind)]

  /// Lists `path`. Names that begin with a dot are left out. A symbolic link is followed only inside `root`, which is
  /// a path without links.
  ///
  /// - Throws: `DataError` if the folder cannot be read.
  init(_ path: String, root: String) throws {
    guard let folder = opendir(path) else { throw FileReader.systemError(path) }
    defer { closedir(folder) }
    var found: [(name: String, kind: Kind)] = []
    while true {
      errno = 0
      guard let entry = readdir(folder) else {
        if errno != 0 { throw FileReader.systemError(path) }
        break
      }
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 1) { characters in
          String(validatingCString: characters)
        }
      }
      guard let name else {
        found.append(("?", .refused("its name is not UTF-8")))
        continue
      }
      if name.hasPrefix(".") { continue }
      found.append((name, Self.kind(of: path + "/" + name, type: Int32(entry.pointee.d_type), root: root)))
    }
    entries = found.sorted { scalarOrder($0.name, $1.name) }
  }

  private static func kind(of path: String, type: Int32, root: String) -> Kind {
    if type == Int32(DT_REG) { return .file }
    if type == Int32(DT_DIR) { return .folder }
    var status = stat()
    guard lstat(path, &status) == 0 else { return .refused(String(cString: strerror(errno))) }
    if status.st_mode & S_IFMT == S_IFLNK {
      guard let target = resolvedPath(path) else { return .refused("a symbolic link that leads nowhere") }
      guard target.hasPrefix(root + "/") else { return .refused("a symbolic link that leads out of the folder") }
      guard stat(target, &status) == 0 else { return .refused(String(cString: strerror(errno))) }
    }
    switch status.st_mode & S_IFMT {
    case S_IFREG: return .file
    case S_IFDIR: return .folder
    default: return .refused("not a regular file")
    }
  }
}

/// Whether `a` comes before `b` by Unicode scalars: the same on every machine, whatever its language.
func scalarOrder(_ a: String, _ b: String) -> Bool {
  // UTF-8 sorts as the scalars it encodes.
  a.utf8.lexicographicallyPrecedes(b.utf8)
}
