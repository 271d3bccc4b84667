import Foundation

/// One array of a .npy file, or of an entry of a .npz file, read from front to back in pieces.
///
/// Not Sendable: one reader is one place in one file.
public final class NPYReader {
  /// The file, and the entry in it where there is one.
  public let path: String
  /// NumPy's word for the element type, such as `"|u1"` or `"<f4"`; not only of the types in ``ElementType``.
  public let elementDescription: String
  /// Bytes of one element.
  public let elementBytes: Int
  public let shape: [Int]
  /// Whether the first axis varies fastest ("Fortran order").
  public let isColumnMajor: Bool
  /// Bytes of all elements.
  public let byteCount: Int
  /// Bytes of elements that were not read so far.
  public private(set) var remaining: Int

  private let content: any ForwardContent
  /// Elements that were read along with the header.
  private var ahead: ArraySlice<UInt8>

  /// Opens a .npy file and reads its header; the file's length has to be what the header asks for.
  /// - Throws: ``TensorFileError`` naming the file.
  public convenience init(contentsOf url: URL) throws {
    let file = try FileSource(url, maximumBytes: .max)
    try self.init(StoredContent(source: file, range: 0..<file.count, checksum: nil, path: file.path))
  }

  init(_ content: any ForwardContent) throws {
    self.content = content
    path = content.path
    var head = [UInt8](repeating: 0, count: min(content.count, NPYHeader.maximumHeaderBytes + 12))
    let got = try head.withUnsafeMutableBytes { try content.read(into: $0) }
    guard got == head.count else {
      throw TensorFileError(code: .truncated, path: path, reason: "ends before its \(content.count) bytes")
    }
    let header = try NPYHeader(of: HeadSource(content: head, path: path, count: content.count))
    guard let size = Self.elementBytes(header.description) else {
      throw TensorFileError(
        code: .unsupported, path: path, reason: "the element type \(quoted(header.description)) is not read")
    }
    guard let bytes = Self.product(header.shape, size) else {
      throw TensorFileError(
        code: .tooLarge, path: path, reason: "shape \(header.shape) has more bytes than 64 bits can count")
    }
    guard content.count - header.dataStart == bytes else {
      throw TensorFileError(
        code: content.count - header.dataStart < bytes ? .truncated : .malformed, path: path,
        reason: "shape \(header.shape) needs \(bytes) bytes, but \(content.count - header.dataStart) follow")
    }
    elementDescription = header.description
    elementBytes = size
    shape = header.shape
    isColumnMajor = header.isColumnMajor
    byteCount = bytes
    remaining = bytes
    ahead = head[header.dataStart...]
    // Nothing will be read, so nothing else would ask for the checksum.
    if remaining == 0 { try content.finish() }
  }

  /// Fills the whole buffer with the next elements.
  /// - Throws: ``TensorFileError`` naming the file where it ends early, or where its compressed data or checksum is wrong.
  public func read(into buffer: UnsafeMutableRawBufferPointer) throws {
    guard buffer.count <= remaining else {
      throw TensorFileError(code: .truncated, path: path, reason: "\(buffer.count) bytes were asked of \(remaining)")
    }
    let ready = min(ahead.count, buffer.count)
    UnsafeMutableRawBufferPointer(rebasing: buffer[..<ready]).copyBytes(from: ahead.prefix(ready))
    ahead = ahead.dropFirst(ready)
    let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[ready...])
    guard try rest.isEmpty || content.read(into: rest) == rest.count else {
      throw TensorFileError(code: .truncated, path: path, reason: "ends before its \(content.count) bytes")
    }
    remaining -= buffer.count
    if remaining == 0, !buffer.isEmpty { try content.finish() }
  }

  /// Bytes of an element of a plain type: a byte order, a letter, and a number.
  private static func elementBytes(_ description: String) -> Int? {
    let letters = Array(description.utf8)
    guard letters.count == 3, "<>|=".utf8.contains(letters[0]), "biufc".utf8.contains(letters[1]),
      "1248".utf8.contains(letters[2])
    else { return nil }
    return Int(letters[2] - UInt8(ascii: "0"))
  }

  private static func product(_ shape: [Int], _ size: Int) -> Int? {
    var product = size
    for length in shape {
      let (next, overflow) = product.multipliedReportingOverflow(by: length)
      if overflow { return nil }
      product = next
    }
    return product
  }
}

/// The first bytes of something longer.
private struct HeadSource: ByteSource {
  let content: [UInt8]
  let path: String
  let count: Int

  func bytes(in range: Range<Int>) throws -> [UInt8] {
    guard range.upperBound <= content.count else {
      throw TensorFileError(code: .tooLarge, path: path, reason: "its header is too long")
    }
    return Array(content[range])
  }
}
