/// The entries of a .zip file, from its central directory. Their places have been checked: in the file, before the
/// directory, and apart from each other, so that no byte is expanded twice.
struct ZipDirectory {
  /// One file in the archive.
  struct Entry {
    let name: String
    let isDeflated: Bool
    let checksum: UInt32
    let expandedBytes: Int
    /// The stored bytes.
    let range: Range<Int>
  }

  private(set) var entries: [Entry] = []

  /// Reads the directory. Archives in several parts, encrypted ones and those in the ZIP64 form are refused.
  init(of source: some ByteSource) throws {
    let directory = try Self.locate(in: source)
    let bytes = try source.bytes(in: directory.range)
    var position = 0
    var occupied: [Range<Int>] = []
    for _ in 0..<directory.entryCount {
      let record = try Record(bytes, at: position, path: source.path)
      position += record.length
      let place = try record.place(in: source, before: directory.range.lowerBound)
      entries.append(
        Entry(
          name: record.name, isDeflated: record.isDeflated, checksum: record.checksum,
          expandedBytes: record.expandedBytes, range: place.content))
      occupied.append(place.whole)
    }
    guard position == bytes.count else {
      throw TensorFileError(code: .malformed, path: source.path, reason: "the archive's directory has a wrong length")
    }
    occupied.sort { $0.lowerBound < $1.lowerBound }
    for (left, right) in zip(occupied, occupied.dropFirst()) where right.lowerBound < left.upperBound {
      throw TensorFileError(code: .malformed, path: source.path, reason: "two entries of the archive overlap")
    }
  }

  /// Finds the record at the end of the file that says where the directory is.
  private static func locate(in source: some ByteSource) throws -> (range: Range<Int>, entryCount: Int) {
    func fault(_ code: TensorFileError.Code, _ reason: String) -> TensorFileError {
      TensorFileError(code: code, path: source.path, reason: reason)
    }
    let endBytes = 22
    let tailStart = max(0, source.count - endBytes - Int(UInt16.max))
    let tail = try source.bytes(in: tailStart..<source.count)
    for start in stride(from: tail.count - endBytes, through: 0, by: -1) where tail[start] == UInt8(ascii: "P") {
      guard tail.littleEndian(UInt32.self, at: start) == 0x0605_4B50,
        let disk = tail.littleEndian(UInt32.self, at: start + 4),
        let entriesHere = tail.littleEndian(UInt16.self, at: start + 8),
        let entries = tail.littleEndian(UInt16.self, at: start + 10),
        let size = tail.littleEndian(UInt32.self, at: start + 12),
        let offset = tail.littleEndian(UInt32.self, at: start + 16),
        let comment = tail.littleEndian(UInt16.self, at: start + 20),
        start + endBytes + Int(comment) == tail.count
      else { continue }
      guard entries != .max, size != .max, offset != .max else {
        throw fault(.unsupported, "archives in the ZIP64 form are not read")
      }
      guard disk == 0, entries == entriesHere else { throw fault(.unsupported, "archives in parts are not read") }
      let end = Int(offset) + Int(size)
      guard end == tailStart + start else {
        throw fault(.malformed, "the archive's directory is not where it should be")
      }
      return (Int(offset)..<end, Int(entries))
    }
    throw fault(.truncated, "the end of a .zip archive is missing")
  }
}

/// One record of the central directory.
private struct Record {
  let name: String
  let isDeflated: Bool
  let checksum: UInt32
  let expandedBytes: Int
  /// The length of the record itself.
  let length: Int
  private let storedBytes: Int
  private let localOffset: Int
  private let nameBytes: [UInt8]

  init(_ bytes: [UInt8], at start: Int, path: String) throws {
    func fault(_ code: TensorFileError.Code, _ reason: String) -> TensorFileError {
      TensorFileError(code: code, path: path, reason: reason)
    }
    guard bytes.littleEndian(UInt32.self, at: start) == 0x0201_4B50,
      let flags = bytes.littleEndian(UInt16.self, at: start + 8),
      let method = bytes.littleEndian(UInt16.self, at: start + 10),
      let checksum = bytes.littleEndian(UInt32.self, at: start + 16),
      let stored = bytes.littleEndian(UInt32.self, at: start + 20),
      let expanded = bytes.littleEndian(UInt32.self, at: start + 24),
      let nameLength = bytes.littleEndian(UInt16.self, at: start + 28),
      let extraLength = bytes.littleEndian(UInt16.self, at: start + 30),
      let commentLength = bytes.littleEndian(UInt16.self, at: start + 32),
      let offset = bytes.littleEndian(UInt32.self, at: start + 42),
      bytes.count - start >= 46 + Int(nameLength) + Int(extraLength) + Int(commentLength)
    else { throw fault(.malformed, "the archive's directory is damaged") }
    nameBytes = Array(bytes[start + 46..<start + 46 + Int(nameLength)])
    name = String(decoding: nameBytes, as: UTF8.self)
    guard name.utf8.elementsEqual(nameBytes) else {
      throw fault(.unsupported, "the archive has a name that is not UTF-8: \(quoted(name))")
    }
    guard flags & 1 == 0 else { throw fault(.unsupported, "entry \(quoted(name)) is encrypted") }
    guard method == 0 || method == 8 else {
      throw fault(.unsupported, "entry \(quoted(name)) is compressed by method \(method); stored and deflate are read")
    }
    guard stored != .max, expanded != .max, offset != .max else {
      throw fault(.unsupported, "archives in the ZIP64 form are not read")
    }
    guard method == 8 || stored == expanded else {
      throw fault(.malformed, "entry \(quoted(name)) is stored in \(stored) bytes but claims \(expanded)")
    }
    guard Int(expanded) <= (Int(stored) + 1) * RawDeflate.greatestExpansion else {
      throw fault(
        .malformed, "entry \(quoted(name)) claims to expand \(stored) bytes to \(expanded), which deflate cannot do")
    }
    isDeflated = method == 8
    self.checksum = checksum
    (storedBytes, expandedBytes, localOffset) = (Int(stored), Int(expanded), Int(offset))
    length = 46 + Int(nameLength) + Int(extraLength) + Int(commentLength)
  }

  /// Where the entry is, with and without the header in front of it.
  func place(in source: some ByteSource, before end: Int) throws -> (whole: Range<Int>, content: Range<Int>) {
    func fault(_ reason: String) -> TensorFileError {
      TensorFileError(code: .malformed, path: source.path, reason: "entry \(quoted(name)) \(reason)")
    }
    let headerEnd = localOffset + 30
    guard headerEnd <= end else { throw fault("starts outside the archive") }
    let header = try source.bytes(in: localOffset..<headerEnd)
    guard header.littleEndian(UInt32.self, at: 0) == 0x0403_4B50,
      header.littleEndian(UInt16.self, at: 8) == (isDeflated ? 8 : 0),
      let nameLength = header.littleEndian(UInt16.self, at: 26), Int(nameLength) == nameBytes.count,
      let extraLength = header.littleEndian(UInt16.self, at: 28)
    else { throw fault("contradicts the archive's directory") }
    let contentStart = headerEnd + Int(nameLength) + Int(extraLength)
    let contentEnd = contentStart + storedBytes
    guard contentEnd <= end else { throw fault("ends outside the archive") }
    guard try source.bytes(in: headerEnd..<headerEnd + nameBytes.count) == nameBytes else {
      throw fault("contradicts the archive's directory")
    }
    return (localOffset..<contentEnd, contentStart..<contentEnd)
  }
}
