import Foundation

/// Reads whole regular files into one buffer that is kept from file to file. Not Sendable: one per thread.
///
/// Plain system calls, because a folder of small images costs more in `Data` and `FileManager` than in decoding.
final class FileReader {
  private var buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)

  deinit { buffer.deallocate() }

  /// Calls `body` with the content of a file, which is valid only inside.
  ///
  /// - Throws: `DataError` if it is not there, is no regular file, is empty, or has more than `limit` bytes; and what
  ///   `body` throws.
  func withContent<Result>(
    of path: String, limit: Int, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    try body(UnsafeRawBufferPointer(rebasing: buffer[..<read(path, limit: limit)]))
  }

  /// Fills the buffer from its start, and returns the count of bytes.
  private func read(_ path: String, limit: Int) throws -> Int {
    // Not blocking, so that a named pipe is refused below instead of waited for.
    let file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard file >= 0 else { throw Self.systemError(path) }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0 else { throw Self.systemError(path) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw DataError(code: .badData, path: path, reason: "not a regular file")
    }
    let size = Int(status.st_size)
    guard size > 0 else { throw DataError(code: .badData, path: path, reason: "the file is empty") }
    guard size <= limit else {
      throw DataError(code: .badData, path: path, reason: "\(size) bytes, and a file may have at most \(limit)")
    }
    reserve(size)
    var done = 0
    while done < size {
      let count = Foundation.read(file, buffer.baseAddress?.advanced(by: done), size - done)
      if count > 0 {
        done += count
      } else if count == 0 {
        throw DataError(code: .io, path: path, reason: "became shorter while it was read")
      } else if errno != EINTR {
        throw Self.systemError(path)
      }
    }
    return size
  }

  private func reserve(_ size: Int) {
    if size <= buffer.count { return }
    buffer.deallocate()
    buffer = .allocate(byteCount: size, alignment: 16)
  }

  /// The error that `errno` names.
  static func systemError(_ path: String) -> DataError {
    let number = errno
    let missing = number == ENOENT || number == ENOTDIR
    return DataError(code: missing ? .noSuchInput : .io, path: path, reason: String(cString: strerror(number)))
  }
}
