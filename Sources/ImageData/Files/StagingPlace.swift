import Foundation

/// The hidden folder that a staged folder is written to, locked for as long as this object lives.
///
/// The lock tells a folder that is being written from one whose process is gone. File systems without locks keep such
/// folders: nothing is removed that could not be locked.
final class StagingPlace: Sendable {
  let path: String
  private let descriptor: Int32
  /// Permissions that the folder gets in the end; nil: those it has.
  private let mode: mode_t?

  /// - Parameter mode: of the folder to replace, which holds already while files are written; nil: the usual.
  /// - Throws: `DataError` if the system refuses.
  init(in parent: URL, mode: mode_t?) throws {
    self.mode = mode
    while true {
      let number = String(UInt64.random(in: .min ... .max), radix: 36)
      let path = parent.appendingPathComponent(Self.prefix + number + Self.suffix).path
      // Whatever the permissions, this process has to write.
      guard mkdir(path, mode.map { $0 | 0o700 } ?? 0o777) == 0 else { throw FileReader.systemError(parent.path) }
      let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
      if descriptor >= 0 {
        // Another process may hold the lock because it takes the folder for an abandoned one, and then it removes it.
        while flock(descriptor, LOCK_EX) != 0, errno == EINTR {}
        if Self.isStill(descriptor, path), mode.map({ fchmod(descriptor, $0 | 0o700) == 0 }) ?? true {
          self.path = path
          self.descriptor = descriptor
          return
        }
      }
      let error = FileReader.systemError(parent.path)
      let isGone = access(path, F_OK) != 0
      if descriptor >= 0 { close(descriptor) }
      guard isGone else {
        rmdir(path)
        throw error
      }
    }
  }

  deinit { close(descriptor) }

  /// Sets the permissions and flushes the folder; false, with `errno`, where the system refuses.
  func finish() -> Bool {
    if let mode, fchmod(descriptor, mode) != 0 { return false }
    return fsync(descriptor) == 0
  }

  private static let prefix = ".steadfast-"
  private static let suffix = ".partial"

  /// Removes the folders that processes left which were killed while they wrote.
  static func removeAbandoned(in parent: URL) {
    for name in (try? FileManager.default.contentsOfDirectory(atPath: parent.path)) ?? [] where isOurs(name) {
      let path = parent.appendingPathComponent(name).path
      let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
      guard descriptor >= 0 else { continue }
      defer { close(descriptor) }
      guard flock(descriptor, LOCK_EX | LOCK_NB) == 0, isStill(descriptor, path) else { continue }
      try? FileManager.default.removeItem(atPath: path)
    }
  }

  private static func isOurs(_ name: String) -> Bool {
    guard name.hasPrefix(prefix), name.hasSuffix(suffix) else { return false }
    let number = name.utf8.dropFirst(prefix.utf8.count).dropLast(suffix.utf8.count)
    return (1...13).contains(number.count)
      && number.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) }
  }

  /// Whether a path names the folder that is open.
  private static func isStill(_ descriptor: Int32, _ path: String) -> Bool {
    var open = stat()
    var named = stat()
    return fstat(descriptor, &open) == 0 && lstat(path, &named) == 0 && open.st_ino == named.st_ino
      && open.st_dev == named.st_dev
  }
}
