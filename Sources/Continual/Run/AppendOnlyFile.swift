import Foundation

/// A file that only grows, and is never reached through a symbolic link.
final class AppendOnlyFile {
  private let descriptor: Int32
  private let path: String

  /// Opens or creates the file.
  /// - Throws: `RunError.io` naming it; also where it is no ordinary file.
  init(_ url: URL) throws {
    path = url.path
    descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0o666)
    guard descriptor >= 0 else { throw RunError.io(path: path, reason: String(cString: strerror(errno))) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw RunError.io(path: path, reason: "is no ordinary file")
    }
  }

  deinit { close(descriptor) }

  /// Bytes in the file.
  var length: Int { Int(lseek(descriptor, 0, SEEK_END)) }

  func truncate(to length: Int) throws {
    guard ftruncate(descriptor, off_t(length)) == 0 else { throw failure() }
  }

  func append(_ bytes: [UInt8]) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      let written = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      if written < 0 && errno == EINTR { continue }
      guard written > 0 else { throw failure() }
      rest = rest.dropFirst(written)
    }
  }

  /// Flushes to the disk.
  func synchronize() throws {
    guard fsync(descriptor) == 0 else { throw failure() }
  }

  private func failure() -> RunError { .io(path: path, reason: String(cString: strerror(errno))) }
}
