/// The records of a cache file, kept as they are stored: as values they would take twice the memory. Each is read when
/// it is asked for.
struct CacheIndex: Sendable, RandomAccessCollection {
  /// Where a record begins, and how many images come before it. An index has at most 2 GiB.
  private struct Place {
    let offset: UInt32
    let images: UInt32
  }

  private let bytes: [UInt8]
  private let places: [Place]

  /// Reads every record once.
  ///
  /// - Returns: nil where they are not those that the header announces.
  init?(_ bytes: [UInt8], _ header: CacheHeader) {
    guard bytes.count <= CacheHeader.maximumIndexByteCount else { return nil }
    var places: [Place] = []
    places.reserveCapacity(header.recordCount)
    let isRight = bytes.withUnsafeBytes { bytes in
      var reader = ByteReader(bytes)
      guard (try? reader.string()) != nil else { return false }
      var images = 0
      for _ in 0..<header.recordCount {
        places.append(Place(offset: UInt32(reader.offset), images: UInt32(images)))
        guard (try? CacheRecord(&reader, images: &images)) != nil else { return false }
      }
      return reader.isAtEnd && images == header.imageCount
    }
    guard isRight else { return nil }
    self.bytes = bytes
    self.places = places
  }

  var startIndex: Int { 0 }
  var endIndex: Int { places.count }

  subscript(record: Int) -> CacheRecord {
    let place = places[record]
    return bytes.withUnsafeBytes { bytes in
      var reader = ByteReader(bytes, at: Int(place.offset))
      var images = Int(place.images)
      guard let record = try? CacheRecord(&reader, images: &images) else {
        preconditionFailure("a record that was read once is read again")
      }
      return record
    }
  }

  /// The digest of a file's bytes.
  private func content(_ record: Int) -> ContentDigest {
    bytes.withUnsafeBytes { bytes in
      let start = Int(places[record].offset) + CacheRecord.contentOffset
      return ContentDigest(stored: UnsafeRawBufferPointer(rebasing: bytes[start..<start + ContentDigest.byteCount]))
    }
  }

  /// The bytes of a file's path.
  private func path(_ record: Int) -> ArraySlice<UInt8> {
    let start = Int(places[record].offset) + CacheRecord.pathOffset
    let count = bytes.withUnsafeBytes { UInt32(littleEndian: $0.loadUnaligned(fromByteOffset: start, as: UInt32.self)) }
    return bytes[(start + 4)..<(start + 4 + Int(count))]
  }

  /// Whether a record is of the file at a path.
  func hasPath(_ record: Int, _ path: String) -> Bool { self.path(record).elementsEqual(path.utf8) }

  /// Gives the first record of a file with some bytes.
  func finderByContent() -> @Sendable (ContentDigest) -> Int? {
    let order = sorted { content($0) < content($1) }
    return { wanted in
      first(in: order) { content($0) < wanted }.flatMap { content($0) == wanted ? $0 : nil }
    }
  }

  /// Gives the first record of a path.
  func finderByPath() -> @Sendable (String) -> Int? {
    let order = sorted { path($0).lexicographicallyPrecedes(path($1)) }
    return { wanted in
      first(in: order) { path($0).lexicographicallyPrecedes(wanted.utf8) }.flatMap { hasPath($0, wanted) ? $0 : nil }
    }
  }

  /// All records in an order, equal ones as they stand: four bytes for each, where a dictionary takes a hundred.
  private func sorted(_ precedes: (Int, Int) -> Bool) -> [UInt32] {
    (0..<UInt32(count)).sorted { precedes(Int($0), Int($1)) }
  }

  /// The first of ordered records that is not before what is wanted.
  private func first(in order: [UInt32], _ isBefore: (Int) -> Bool) -> Int? {
    var (low, high) = (0, order.count)
    while low < high {
      let middle = (low + high) / 2
      if isBefore(Int(order[middle])) { low = middle + 1 } else { high = middle }
    }
    return low < order.count ? Int(order[low]) : nil
  }

  /// Of each slot.
  var pixelDigests: [ContentDigest] {
    var digests: [ContentDigest] = []
    digests.reserveCapacity(count)
    for record in self {
      if case .image(_, let pixels) = record.result { digests.append(pixels) }
    }
    return digests
  }
}
