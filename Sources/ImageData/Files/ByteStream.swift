import Foundation
import TensorFiles

/// The content of a file from front to back, expanded where it is gzip. Not Sendable: one place in one file.
final class ByteStream {
  let path: String
  /// Bytes of the file itself.
  let storedCount: Int
  let isCompressed: Bool
  private let descriptor: Int32
  private var inflater: InflateReader?

  /// Opens a regular file; whether it is gzip is seen from its first two bytes, not from its name.
  ///
  /// - Throws: `DataError` if it is not there or is no regular file.
  init(_ url: URL) throws {
    path = url.path
    // Not blocking, so that a named pipe is refused below instead of waited for.
    descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileReader.systemError(path) }
    var status = stat()
    var mark: [UInt8] = [0, 0]
    let isRegular = fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    storedCount = Int(status.st_size)
    isCompressed = isRegular && pread(descriptor, &mark, 2, 0) == 2 && mark == [0x1F, 0x8B]
    guard isRegular else {
      throw DataError(code: .badData, path: path, reason: "not a regular file")
    }
    if isCompressed {
      let (descriptor, path) = (descriptor, path)
      inflater = try DataError.fromTensorFiles {
        try InflateReader(.gzip, path: path) { try Self.read(descriptor, into: $0, path: path) }
      }
    }
  }

  deinit { close(descriptor) }

  /// The most bytes that the content can have.
  var greatestCount: Int {
    isCompressed ? byteCount(storedCount, RawDeflate.greatestExpansion) ?? .max : storedCount
  }

  /// Fills a buffer as far as the content reaches, and says how many bytes that is.
  ///
  /// - Throws: `DataError` naming the file if reading fails, or its compressed data is damaged.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    if let inflater { return try DataError.fromTensorFiles { try inflater.read(into: buffer) } }
    var done = 0
    while done < buffer.count {
      let count = try Self.read(descriptor, into: UnsafeMutableRawBufferPointer(rebasing: buffer[done...]), path: path)
      if count == 0 { break }
      done += count
    }
    return done
  }

  /// Fills the whole buffer.
  ///
  /// - Throws: as `read(into:)`, and `DataError` if the content ends before; `what` says what was being read.
  func fill(_ buffer: UnsafeMutableRawBufferPointer, _ what: String) throws {
    let count = try read(into: buffer)
    guard count == buffer.count else {
      throw DataError(code: .badData, path: path, reason: "ends early: \(buffer.count - count) bytes short of \(what)")
    }
  }

  /// The next bytes. As `fill(_:_:)`.
  func bytes(_ count: Int, _ what: String) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    try bytes.withUnsafeMutableBytes { try fill($0, what) }
    return bytes
  }

  /// Verifies that nothing follows, and so the checksum of compressed data.
  func finish() throws {
    try withUnsafeTemporaryAllocation(byteCount: 1, alignment: 1) { byte in
      guard try read(into: byte) == 0 else {
        throw DataError(code: .badData, path: path, reason: "longer than its header says")
      }
    }
  }

  private static func read(_ file: Int32, into buffer: UnsafeMutableRawBufferPointer, path: String) throws -> Int {
    while true {
      let count = Foundation.read(file, buffer.baseAddress, buffer.count)
      if count >= 0 { return count }
      if errno != EINTR { throw FileReader.systemError(path) }
    }
  }
}
