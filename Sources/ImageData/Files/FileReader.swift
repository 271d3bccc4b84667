import Foundation

/// Reads whole regular files into one buffer that is kept from file to file. Not Sendable: one per thread.
///
/// Plain system calls, because a folder of small images costs more in `Data` and `FileManager` than in decoding.
final class FileReader {
  private var buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
  /// Of the last file, from before it was read; nil if it could not be opened.
  private(set) var stamp: FileStamp?

  deinit { buffer.deallocate() }

  /// Calls `body` with the content of a file, which is valid only inside.
  ///
  /// - Throws: `DataError` if it is not there, is no regular file, is empty, or has more than `limit` bytes; and what
  ///   `body` throws.
  func withContent<Result>(
    of path: String, limit: Int, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    try withFile(path, limit: limit) { file, size in
      try fill(size, from: file, path)
      return try body(UnsafeRawBufferPointer(rebasing: buffer[..<size]))
    }
  }

  /// As `withContent`, but with the first bytes of a large file only; where `body` fails on those, again with all.
  func withBeginning<Result>(
    of path: String, limit: Int, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    try withFile(path, limit: limit) { file, size in
      let count = min(size, 1 << 16)
      try fill(count, from: file, path)
      do {
        return try body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
      } catch {
        if count == size { throw error }
        try fill(size, from: file, path)
        return try body(UnsafeRawBufferPointer(rebasing: buffer[..<size]))
      }
    }
  }

  /// Opens a regular file that has 1 to `limit` bytes.
  private func withFile<Result>(
    _ path: String, limit: Int, _ body: (_ file: Int32, _ size: Int) throws -> Result
  ) throws -> Result {
    stamp = nil
    // Not blocking, so that a named pipe is refused below instead of waited for.
    let file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard file >= 0 else { throw Self.systemError(path) }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0 else { throw Self.systemError(path) }
    stamp = FileStamp(status)
    let size = Int(status.st_size)
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw DataError(code: .badData, path: path, reason: "not a regular file")
    }
    guard size > 0 else { throw DataError(code: .badData, path: path, reason: "the file is empty") }
    guard size <= limit else {
      throw DataError(code: .badData, path: path, reason: "\(size) bytes, and a file may have at most \(limit)")
    }
    return try body(file, size)
  }

  /// Fills the buffer with a file's first bytes.
  private func fill(_ count: Int, from file: Int32, _ path: String) throws {
    reserve(count)
    if readAll(UnsafeMutableRawBufferPointer(rebasing: buffer[..<count]), from: file, at: 0) { return }
    throw Self.systemError(path)
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
