import Foundation

/// A file that only grows, and is never reached through a symbolic link.
public final class AppendOnlyFile {
  private let descriptor: Int32
  private let path: String

  /// Opens or creates the file.
  /// - Throws: ``TensorFileError`` `io` naming it; also where it is no ordinary file.
  public init(_ url: URL) throws {
    path = try fileSystemPath(of: url)
    descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0o666)
    guard descriptor >= 0 else { throw TensorFileError.system("open the file", path: path, errno: errno) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw TensorFileError(code: .io, path: path, reason: "is no ordinary file")
    }
  }

  deinit { close(descriptor) }

  /// Keeps other processes, and other objects of this one, from locking the file for as long as this object lives.
  /// - Returns: whether nobody else holds it.
  /// - Throws: ``TensorFileError`` `io` where the file system has no locks.
  public func lock() throws -> Bool {
    while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      switch errno {
      case EINTR: continue
      case EWOULDBLOCK: return false
      default: throw failure("lock the file")
      }
    }
    return true
  }

  /// Bytes in the file.
  public var length: Int { Int(lseek(descriptor, 0, SEEK_END)) }

  public func truncate(to length: Int) throws {
    guard ftruncate(descriptor, off_t(length)) == 0 else { throw failure("shorten the file") }
  }

  public func append(_ bytes: [UInt8]) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      let written = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      if written < 0 && errno == EINTR { continue }
      guard written > 0 else { throw failure("write to the file") }
      rest = rest.dropFirst(written)
    }
  }

  /// Flushes to the disk.
  public func synchronize() throws {
    guard fsync(descriptor) == 0 else { throw failure("flush the file") }
  }

  private func failure(_ attempt: String) -> TensorFileError {
    TensorFileError.system(attempt, path: path, errno: errno)
  }
}
