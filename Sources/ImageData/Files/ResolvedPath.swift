import Foundation

/// What a path leads to: a name without symbolic links, and whether it is a folder.
struct ResolvedPath {
  let real: String
  let isFolder: Bool

  /// - Throws: `DataError` naming the path as it was given, if there is nothing or the system does not say.
  init(_ path: String) throws {
    var status = stat()
    guard let real = resolvedPath(path), stat(real, &status) == 0 else { throw FileReader.systemError(path) }
    self.real = real
    isFolder = status.st_mode & S_IFMT == S_IFDIR
  }
}

/// The path without symbolic links, or nil if there is nothing.
func resolvedPath(_ path: String) -> String? {
  guard let resolved = realpath(path, nil) else { return nil }
  defer { free(resolved) }
  return String(cString: resolved)
}
