import Foundation

/// A cache file that is open and whole, but for its pixels, which are checked as they are read.
final class CacheFile: Sendable {
  let path: String
  let header: CacheHeader
  let file: MappedFile

  private init(_ file: MappedFile, _ header: CacheHeader, path: String) {
    (self.file, self.header, self.path) = (file, header, path)
  }

  /// Opens a cache file.
  ///
  /// - Returns: nil if there is none, or one that is damaged, of another version or for another key.
  static func open(_ path: String, key: ContentDigest) -> (file: CacheFile, index: CacheIndex)? {
    let descriptor = Foundation.open(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    return open(taking: descriptor, path: path, key: key)
  }

  /// The same of an open file, which is taken over, also where it returns nil.
  static func open(
    taking descriptor: Int32, path: String, key: ContentDigest
  ) -> (file: CacheFile, index: CacheIndex)? {
    guard let (header, bytes) = read(descriptor), header.key == key,
      bytes.withUnsafeBytes({ ContentDigest(of: $0) }) == header.indexDigest,
      let index = CacheIndex(bytes, header)
    else {
      close(descriptor)
      return nil
    }
    guard let file = try? MappedFile(descriptor, count: header.fileByteCount, path: path) else { return nil }
    return (CacheFile(file, header, path: path), index)
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
