import Foundation

/// A cache file that is open and whole, but for its pixels, which are checked as they are read.
final class CacheFile: Sendable {
  let path: String
  let header: CacheHeader
  let records: [CacheRecord]
  let file: MappedFile

  /// Opens a cache file.
  ///
  /// - Returns: nil if there is none, or one that is damaged, of another version or for another key.
  convenience init?(_ path: String, key: ContentDigest) {
    let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    self.init(taking: descriptor, path: path, key: key)
  }

  /// Takes over an open file, also where it returns nil.
  init?(taking descriptor: Int32, path: String, key: ContentDigest) {
    guard let (header, index) = Self.read(descriptor), header.key == key,
      index.withUnsafeBytes({ ContentDigest(of: $0) }) == header.indexDigest,
      let records = Self.records(index, header)
    else {
      close(descriptor)
      return nil
    }
    guard let file = try? MappedFile(descriptor, count: header.fileByteCount, path: path) else { return nil }
    self.path = path
    self.header = header
    self.records = records
    self.file = file
  }

  /// The header, and the whole index unchecked.
  private static func read(_ descriptor: Int32) -> (CacheHeader, [UInt8])? {
    guard let header = header(descriptor) else { return nil }
    var isRead = false
    let index = [UInt8](unsafeUninitializedCapacity: header.indexByteCount) { buffer, initialized in
      let whole = UnsafeMutableRawBufferPointer(
        rebasing: UnsafeMutableRawBufferPointer(buffer)[..<header.indexByteCount])
      isRead = readAll(whole, from: descriptor, at: header.indexOffset)
      initialized = isRead ? header.indexByteCount : 0
    }
    return isRead ? (header, index) : nil
  }

  /// The header of an open file, or nil if it is no cache file of this version.
  static func header(_ descriptor: Int32) -> CacheHeader? {
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    var page = [UInt8](repeating: 0, count: CacheHeader.byteCount)
    return page.withUnsafeMutableBytes { page in
      guard readAll(page, from: descriptor, at: 0) else { return nil }
      return CacheHeader(UnsafeRawBufferPointer(page), fileByteCount: Int(status.st_size))
    }
  }

  private static func records(_ index: [UInt8], _ header: CacheHeader) -> [CacheRecord]? {
    index.withUnsafeBytes { bytes in
      var reader = ByteReader(bytes)
      guard (try? reader.string()) != nil else { return nil }
      var records: [CacheRecord] = []
      records.reserveCapacity(header.recordCount)
      var images = 0
      for _ in 0..<header.recordCount {
        guard let record = try? CacheRecord(&reader, images: &images) else { return nil }
        records.append(record)
      }
      return reader.isAtEnd && images == header.imageCount ? records : nil
    }
  }

  /// The stored bytes of an image, unchecked. Valid as long as this object.
  func pixels(_ slot: Int) -> UnsafeRawBufferPointer {
    let start = CacheHeader.byteCount + slot * header.shape.byteCount
    return UnsafeRawBufferPointer(rebasing: file.bytes[start..<start + header.shape.byteCount])
  }

  /// Notes that the cache was used, for lists that show it. Whether that succeeds matters to nobody.
  func touch() {
    futimens(file.descriptor, nil)
  }

  /// Removes the file if its name still stands for it: the next run makes a new one.
  func discard() {
    var status = stat()
    if lstat(path, &status) == 0, status.st_ino == file.status?.st_ino { unlink(path) }
  }
}
