import Foundation

/// Bytes that can be read piece by piece, so that a reader allocates only what it has checked.
protocol ByteSource {
  /// The file's path, or the name that errors should carry.
  var path: String { get }
  /// All bytes there are.
  var count: Int { get }
  /// A copy of a piece; `range` lies in `0..<count`.
  func bytes(in range: Range<Int>) throws -> [UInt8]
}

/// Bytes in memory.
struct MemorySource: ByteSource {
  let content: [UInt8]
  let path: String

  var count: Int { content.count }

  func bytes(in range: Range<Int>) -> [UInt8] { Array(content[range]) }
}

/// A regular file, open for reading for as long as this object lives.
final class FileSource: ByteSource {
  let path: String
  let count: Int
  private let descriptor: Int32

  /// Opens a file.
  /// - Throws: ``TensorFileError``: `io` when it does not exist, is not a regular file or may not be read, `tooLarge`
  ///   when it is longer than `maximumBytes`.
  init(_ url: URL, maximumBytes: Int) throws {
    path = try fileSystemPath(of: url)
    // Without O_NONBLOCK the opening of a named pipe would wait for a writer for ever.
    descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      throw TensorFileError.system("open the file", path: path, errno: errno)
    }
    var information = stat()
    guard fstat(descriptor, &information) == 0 else {
      let failure = errno
      close(descriptor)
      throw TensorFileError.system("read the file's size", path: path, errno: failure)
    }
    guard information.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      let kind = information.st_mode & S_IFMT == S_IFDIR ? "a folder" : "not a regular file"
      throw TensorFileError(code: .io, path: path, reason: "this is \(kind); a file was expected")
    }
    guard information.st_size <= maximumBytes else {
      close(descriptor)
      throw TensorFileError(
        code: .tooLarge, path: path, reason: "\(information.st_size) bytes, over the limit of \(maximumBytes)")
    }
    count = Int(information.st_size)
  }

  deinit { close(descriptor) }

  func bytes(in range: Range<Int>) throws -> [UInt8] {
    try [UInt8](unsafeUninitializedCapacity: range.count) { buffer, initializedCount in
      while initializedCount < range.count {
        // One call moves at most about 2 GiB.
        let wanted = min(range.count - initializedCount, 1 << 30)
        let start = buffer.baseAddress.map { $0 + initializedCount }
        let received = pread(descriptor, start, wanted, off_t(range.lowerBound + initializedCount))
        if received < 0 {
          if errno == EINTR { continue }
          throw TensorFileError.system("read the file", path: path, errno: errno)
        }
        guard received > 0 else {
          throw TensorFileError(code: .truncated, path: path, reason: "the file became shorter while it was read")
        }
        initializedCount += received
      }
    }
  }
}

/// The path of a file URL, fit for a system call.
func fileSystemPath(of url: URL) throws -> String {
  guard url.isFileURL else {
    throw TensorFileError(code: .io, path: url.absoluteString, reason: "this is not the address of a file")
  }
  let path = url.path
  guard !path.isEmpty, !path.utf8.contains(0) else {
    throw TensorFileError(code: .io, path: path, reason: "a path has to have a name, and no zero byte")
  }
  return path
}

/// The system's words for an error number.
func systemMessage(_ code: Int32) -> String { String(cString: strerror(code)) }
