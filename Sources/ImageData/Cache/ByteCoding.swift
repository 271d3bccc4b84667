/// Numbers, digests and strings one after another, little endian.
struct ByteWriter {
  private(set) var bytes: [UInt8] = []

  mutating func reserveCapacity(_ count: Int) { bytes.reserveCapacity(count) }

  mutating func integer(_ value: some FixedWidthInteger) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }

  mutating func digest(_ digest: ContentDigest) { digest.withBytes { bytes.append(contentsOf: $0) } }

  /// The count of UTF-8 bytes, and the bytes.
  mutating func string(_ text: String) {
    integer(UInt32(clamping: text.utf8.count))
    bytes += text.utf8
  }

  mutating func raw(_ more: [UInt8]) { bytes += more }
}

/// Reads what a `ByteWriter` wrote. Never past the end, whatever the bytes say.
struct ByteReader {
  /// The bytes end before what they announce.
  struct EndsEarly: Error {}

  private let bytes: UnsafeRawBufferPointer
  private(set) var offset: Int

  init(_ bytes: UnsafeRawBufferPointer, at offset: Int = 0) {
    self.bytes = bytes
    self.offset = offset
  }

  var isAtEnd: Bool { offset == bytes.count }

  mutating func integer<Integer: FixedWidthInteger & BitwiseCopyable>(_ type: Integer.Type) throws -> Integer {
    Integer(littleEndian: try take(MemoryLayout<Integer>.size).loadUnaligned(as: Integer.self))
  }

  mutating func digest() throws -> ContentDigest {
    ContentDigest(stored: try take(ContentDigest.byteCount))
  }

  mutating func string() throws -> String {
    String(decoding: try take(Int(integer(UInt32.self))), as: UTF8.self)
  }

  mutating func raw(_ count: Int) throws -> [UInt8] { Array(try take(count)) }

  private mutating func take(_ count: Int) throws -> UnsafeRawBufferPointer {
    guard count <= bytes.count - offset else { throw EndsEarly() }
    defer { offset += count }
    return UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count])
  }
}
