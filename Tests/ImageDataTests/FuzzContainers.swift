import CZlib

/// A PNG file as its chunks. Writing it gives every chunk its right length and checksum.
struct FuzzChunks {
  struct Chunk {
    /// Four bytes.
    var kind: [UInt8]
    var data: [UInt8]
  }

  var chunks: [Chunk] = []

  /// nil unless the input starts with the signature and a whole chunk; what follows the last whole chunk is dropped.
  init?(_ input: [UInt8]) {
    guard input.starts(with: Self.signature) else { return nil }
    var start = Self.signature.count
    while start + 12 <= input.count {
      let length = input[start..<start + 4].reduce(0) { $0 << 8 | Int($1) }
      guard length <= input.count - start - 12 else { break }
      let dataStart = start + 8
      chunks.append(
        Chunk(kind: Array(input[start + 4..<dataStart]), data: Array(input[dataStart..<dataStart + length])))
      start += 12 + length
    }
    guard !chunks.isEmpty else { return nil }
  }

  var bytes: [UInt8] {
    var file = Self.signature
    for chunk in chunks {
      let kind = Array((chunk.kind + [0x61, 0x61, 0x61, 0x61]).prefix(4))
      let body = kind + chunk.data
      file += bigEndian(UInt32(chunk.data.count)) + body + bigEndian(FuzzTarget.fingerprint(of: body))
    }
    return file
  }

  /// Changes the filtered rows inside the image data, and compresses them again into one chunk. Does nothing where
  /// there is no valid image data.
  mutating func rewriteRows(level: Int32, _ change: ([UInt8]) -> [UInt8]) {
    let isData: (Chunk) -> Bool = { $0.kind == Self.imageData }
    guard let first = chunks.firstIndex(where: isData) else { return }
    let stream = chunks.filter(isData).flatMap(\.data)
    guard let rows = expanded(stream, limit: 1 << 15, .zlib), let data = compressed(change(rows), level: level, .zlib)
    else { return }
    chunks.removeAll(where: isData)
    chunks.insert(Chunk(kind: Self.imageData, data: data), at: first)
  }

  private static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
  private static let imageData = Array("IDAT".utf8)
}

/// A .zip archive as its entries. Writing it gives every entry its right sizes and checksum, and the directory its
/// place.
struct FuzzZip {
  struct Entry {
    var name: [UInt8]
    var isDeflated: Bool
    /// Expanded.
    var content: [UInt8]
  }

  var entries: [Entry] = []

  /// Reads one local record after the other; nil where there is none.
  init?(_ input: [UInt8]) {
    func number(_ start: Int, _ count: Int) -> Int {
      input[start..<start + count].reversed().reduce(0) { $0 << 8 | Int($1) }
    }
    var start = 0
    while start + 30 <= input.count, number(start, 4) == 0x0403_4B50 {
      let nameEnd = start + 30 + number(start + 26, 2)
      let contentStart = nameEnd + number(start + 28, 2)
      let contentEnd = contentStart + number(start + 18, 4)
      guard contentEnd <= input.count else { break }
      let isDeflated = number(start + 8, 2) == 8
      let stored = Array(input[contentStart..<contentEnd])
      guard let content = isDeflated ? expanded(stored, limit: 1 << 16, .raw) : stored else { break }
      entries.append(Entry(name: Array(input[start + 30..<nameEnd]), isDeflated: isDeflated, content: content))
      start = contentEnd
    }
    guard !entries.isEmpty else { return nil }
  }

  var bytes: [UInt8] {
    var archive: [UInt8] = []
    var directory: [UInt8] = []
    for entry in entries {
      let deflated = entry.isDeflated ? compressed(entry.content, level: 6, .raw) : nil
      let stored = deflated ?? entry.content
      let record =
        littleEndian(20, bytes: 4) + littleEndian(deflated == nil ? 0 : 8, bytes: 2) + littleEndian(0, bytes: 4)
        + littleEndian(Int(FuzzTarget.fingerprint(of: entry.content)), bytes: 4) + littleEndian(stored.count, bytes: 4)
        + littleEndian(entry.content.count, bytes: 4) + littleEndian(entry.name.count, bytes: 4)
      directory += littleEndian(0x0201_4B50, bytes: 4) + littleEndian(20, bytes: 2) + record
      directory += littleEndian(0, bytes: 10) + littleEndian(archive.count, bytes: 4) + entry.name
      archive += littleEndian(0x0403_4B50, bytes: 4) + record + entry.name + stored
    }
    let end =
      littleEndian(0x0605_4B50, bytes: 8) + littleEndian(entries.count, bytes: 2)
      + littleEndian(entries.count, bytes: 2) + littleEndian(directory.count, bytes: 4)
      + littleEndian(archive.count, bytes: 6)
    return archive + directory + end
  }
}

private func bigEndian(_ value: UInt32) -> [UInt8] { Swift.withUnsafeBytes(of: value.bigEndian) { Array($0) } }

/// What is around deflated data: nothing, a zlib header and checksum, or those of gzip. The values are zlib's.
enum FuzzWrapper: Int32 {
  case raw = -15
  case zlib = 15
  case gzip = 31
}

/// The content of a deflated stream; nil unless it is whole and within the limit.
func expanded(_ stream: [UInt8], limit: Int, _ wrapper: FuzzWrapper) -> [UInt8]? {
  var state = z_stream()
  let size = Int32(MemoryLayout<z_stream>.size)
  guard inflateInit2_(&state, wrapper.rawValue, ZLIB_VERSION, size) == Z_OK else { return nil }
  defer { inflateEnd(&state) }
  return pumped(&state, stream, limit: limit) { inflate(&$0, Z_FINISH) }
}

func compressed(_ content: [UInt8], level: Int32, _ wrapper: FuzzWrapper) -> [UInt8]? {
  var state = z_stream()
  let size = Int32(MemoryLayout<z_stream>.size)
  guard
    deflateInit2_(&state, level, Z_DEFLATED, wrapper.rawValue, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, size) == Z_OK
  else { return nil }
  defer { deflateEnd(&state) }
  return pumped(&state, content, limit: content.count + content.count / 100 + 64) { deflate(&$0, Z_FINISH) }
}

/// All of a stream in one turn; nil unless that ends it.
private func pumped(
  _ state: inout z_stream, _ input: [UInt8], limit: Int, turn: (inout z_stream) -> Int32
) -> [UInt8]? {
  var input = input
  var isWhole = false
  let output = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
    input.withUnsafeMutableBufferPointer { source in
      state.next_in = source.baseAddress
      state.avail_in = UInt32(source.count)
      state.next_out = buffer.baseAddress
      state.avail_out = UInt32(limit)
      isWhole = turn(&state) == Z_STREAM_END
    }
    count = limit - Int(state.avail_out)
  }
  return isWhole ? output : nil
}
