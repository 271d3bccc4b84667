import Foundation

/// A file of a staged folder.
final class StagedFile {
  private let name: String
  private var descriptor: Int32

  /// - Throws: `DataError` naming `name` if the file exists, or the system refuses.
  init(_ path: String, name: String) throws {
    self.name = name
    descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw FileReader.systemError(name) }
  }

  deinit { if descriptor >= 0 { Foundation.close(descriptor) } }

  /// - Throws: `DataError` if the system refuses.
  func append(_ bytes: UnsafeRawBufferPointer) throws {
    var done = 0
    while done < bytes.count {
      let count = Foundation.write(descriptor, bytes.baseAddress?.advanced(by: done), min(bytes.count - done, 1 << 30))
      if count >= 0 {
        done += count
      } else if errno != EINTR {
        throw FileReader.systemError(name)
      }
    }
  }

  func append(_ bytes: [UInt8]) throws {
    try bytes.withUnsafeBytes { try append($0) }
  }

  /// - Throws: `DataError` if the system only now says that writing failed.
  func close() throws {
    let open = descriptor
    descriptor = -1
    guard Foundation.close(open) == 0 else { throw FileReader.systemError(name) }
  }
}
