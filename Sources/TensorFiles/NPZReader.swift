import CZlib
import Foundation

/// A .npz file whose arrays are read one at a time, each from front to back in pieces.
///
/// Not Sendable, because the readers it gives share its open file.
public final class NPZReader {
  /// The names of the arrays, in the order of the file: those of the entries without their `.npy`.
  public let names: [String]
  private let file: FileSource
  private let entries: [String: ZipDirectory.Entry]

  /// Opens a file and reads its directory. Entries that are no .npy files are left out.
  /// - Throws: ``TensorFileError`` naming the file.
  public init(contentsOf url: URL) throws {
    let file = try FileSource(url, maximumBytes: .max)
    var names: [String] = []
    var entries: [String: ZipDirectory.Entry] = [:]
    for entry in try ZipDirectory(of: file).entries where entry.name.utf8.suffix(4).elementsEqual(".npy".utf8) {
      let name = String(decoding: entry.name.utf8.dropLast(4), as: UTF8.self)
      guard entries.updateValue(entry, forKey: name) == nil else {
        throw TensorFileError(
          code: .malformed, path: file.path, reason: "the array name \(quoted(name)) stands twice")
      }
      names.append(name)
    }
    self.file = file
    self.names = names
    self.entries = entries
  }

  /// A reader at the start of one array, with its header read; nil where there is no array of that name.
  /// - Throws: ``TensorFileError`` naming the file and the entry.
  public func array(_ name: String) throws -> NPYReader? {
    guard let entry = entries[name] else { return nil }
    let path = "\(file.path), array \(quoted(name))"
    let stored = StoredContent(
      source: file, range: entry.range, checksum: entry.isDeflated ? nil : entry.checksum, path: path)
    if !entry.isDeflated { return try NPYReader(stored) }
    return try NPYReader(
      ExpandedContent(of: stored, count: entry.expandedBytes, checksum: entry.checksum, path: path))
  }
}

/// Bytes that are read once, from front to back.
protocol ForwardContent: AnyObject {
  /// What errors call it.
  var path: String { get }
  /// All bytes that it says to have.
  var count: Int { get }
  /// Fills a buffer as far as the content reaches, and says how many bytes that is.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int
  /// To be called after the last byte: verifies that nothing follows, and the checksum where there is one.
  func finish() throws
}

/// A stretch of a file as it is.
final class StoredContent: ForwardContent {
  let path: String
  let count: Int
  private let source: FileSource
  private var rest: Range<Int>
  private let checksum: UInt32?
  private var sum: UInt = 0

  init(source: FileSource, range: Range<Int>, checksum: UInt32?, path: String) {
    self.source = source
    self.checksum = checksum
    self.path = path
    rest = range
    count = range.count
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    let size = min(buffer.count, rest.count)
    let bytes = try source.bytes(in: rest.lowerBound..<rest.lowerBound + size)
    buffer.copyBytes(from: bytes)
    rest = rest.lowerBound + size..<rest.upperBound
    if checksum != nil, size > 0 { sum = bytes.withUnsafeBufferPointer { crc32_z(sum, $0.baseAddress, $0.count) } }
    return size
  }

  func finish() throws {
    if let checksum, checksum != UInt32(truncatingIfNeeded: sum) {
      throw TensorFileError(code: .malformed, path: path, reason: "has a wrong checksum")
    }
  }
}

/// What a deflated stretch of a file expands to.
final class ExpandedContent: ForwardContent {
  let path: String
  let count: Int
  private let reader: InflateReader
  private let checksum: UInt32
  private var sum: UInt = 0

  init(of stored: StoredContent, count: Int, checksum: UInt32, path: String) throws {
    self.path = path
    self.count = count
    self.checksum = checksum
    reader = try InflateReader(.none, path: path) { try stored.read(into: $0) }
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    let size = try reader.read(into: buffer)
    // Of no bytes at no address, zlib would give the start value again.
    if size > 0 { sum = crc32_z(sum, buffer.baseAddress?.assumingMemoryBound(to: UInt8.self), size) }
    return size
  }

  func finish() throws {
    try withUnsafeTemporaryAllocation(byteCount: 1, alignment: 1) { byte in
      guard try reader.read(into: byte) == 0 else {
        throw TensorFileError(code: .malformed, path: path, reason: "is longer than the \(count) bytes it claims")
      }
    }
    guard checksum == UInt32(truncatingIfNeeded: sum) else {
      throw TensorFileError(code: .malformed, path: path, reason: "has a wrong checksum")
    }
  }
}
