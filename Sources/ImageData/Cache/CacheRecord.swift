/// What a cache knows of one file.
struct CacheRecord: Sendable {
  /// What became of it.
  enum Result: Sendable {
    /// The place of its pixels, and their digest.
    case image(slot: Int, pixels: ContentDigest)
    /// It was left out.
    case failed(DataError.Code, reason: String)
  }

  /// Relative to the folder's root.
  let path: String
  let stamp: FileStamp
  /// Of the file's bytes.
  let content: ContentDigest
  /// Whether it stores gray; nil where its header is bad.
  let isGray: Bool?
  let result: Result

  /// Where the digest of the file's bytes stands in a record, and behind it the path.
  static let contentOffset = 2 + 4 * 8
  static let pathOffset = contentOffset + ContentDigest.byteCount

  /// Bytes of the record of an image.
  static func imageByteCount(path: String) -> Int { pathOffset + 4 + path.utf8.count + ContentDigest.byteCount }

  /// Writes the record. Slots are counted when they are read back.
  func encode(to writer: inout ByteWriter) {
    switch result {
    case .image: writer.integer(UInt8(0))
    case .failed(.io, _): writer.integer(UInt8(1))
    case .failed(.noSuchInput, _): writer.integer(UInt8(2))
    case .failed(.badData, _): writer.integer(UInt8(3))
    }
    writer.integer(isGray.map { $0 ? UInt8(1) : 0 } ?? 2)
    for number in [stamp.size, stamp.modified, stamp.changed] { writer.integer(number) }
    writer.integer(stamp.inode)
    writer.digest(content)
    writer.string(path)
    switch result {
    case .image(_, let pixels): writer.digest(pixels)
    case .failed(_, let reason): writer.string(reason)
    }
  }

  /// Reads a record.
  ///
  /// - Parameter images: how many images came before; counts this one.
  /// - Throws: if the bytes end early or no record looks like this.
  init(_ reader: inout ByteReader, images: inout Int) throws {
    let codes: [DataError.Code?] = [nil, .io, .noSuchInput, .badData]
    let code = Int(try reader.integer(UInt8.self))
    let gray = try reader.integer(UInt8.self)
    guard codes.indices.contains(code), gray <= 2 else { throw ByteReader.EndsEarly() }
    isGray = gray == 2 ? nil : gray == 1
    stamp = try FileStamp(
      size: reader.integer(Int64.self), modified: reader.integer(Int64.self), changed: reader.integer(Int64.self),
      inode: reader.integer(UInt64.self))
    content = try reader.digest()
    path = try reader.string()
    if let code = codes[code] {
      result = .failed(code, reason: try reader.string())
    } else {
      result = .image(slot: images, pixels: try reader.digest())
      images += 1
    }
  }

  init(path: String, stamp: FileStamp, content: ContentDigest, isGray: Bool?, result: Result) {
    self.path = path
    self.stamp = stamp
    self.content = content
    self.isGray = isGray
    self.result = result
  }
}
