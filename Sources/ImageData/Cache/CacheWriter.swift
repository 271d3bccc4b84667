import Foundation
import TensorFiles

/// A cache could not be written. Loading goes on without one.
struct CacheWriteError: Error {
  /// What the system said.
  let reason: String

  /// The error that `errno` names.
  static var system: CacheWriteError { CacheWriteError(reason: String(cString: strerror(errno))) }
}

/// Writes a cache file under a temporary name, and gives it its own when it is complete.
final class CacheWriter {
  private let path: String
  private let temporaryPath: String
  private let folder: URL
  private let descriptor: Int32
  private var offset = CacheHeader.byteCount
  /// The folder's path, then a record for every file.
  private var index = ByteWriter()
  private var (imageCount, recordCount) = (0, 0)
  private var isFinished = false

  /// Makes the folder where it is missing, and the temporary file. Nobody else may read either: the images may be
  /// private.
  ///
  /// - Parameters:
  ///   - images: the folder that the images are in.
  ///   - indexByteCount: bytes to make room for, so that the index is not copied as it grows.
  /// - Throws: `CacheWriteError`.
  init(_ folder: URL, name: String, of images: String, indexByteCount: Int = 0) throws {
    do {
      // Of its owner alone, as the folders of caches are (XDG Base Directory Specification, 0.8).
      try FileManager.default.createDirectory(
        at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    } catch {
      throw CacheWriteError(reason: "the folder cannot be made")
    }
    self.folder = folder
    path = folder.path + "/" + name
    (temporaryPath, descriptor) = try Self.temporaryFile(path)
    // Some files may be left out, with reasons longer than a digest. What is not used is not in memory either.
    index.reserveCapacity(min(indexByteCount + indexByteCount / 4, CacheHeader.maximumIndexByteCount))
    index.string(images)
  }

  /// A new file, locked: that tells others that someone still writes here, and ends with the process.
  private static func temporaryFile(_ path: String) throws -> (path: String, descriptor: Int32) {
    while true {
      let name = path + "." + String(UInt64.random(in: .min ... .max), radix: 36) + CacheStore.unfinishedSuffix
      let descriptor = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
      guard descriptor >= 0 else { throw CacheWriteError.system }
      flock(descriptor, LOCK_EX)
      var status = stat()
      if fstat(descriptor, &status) != 0 || status.st_nlink > 0 { return (name, descriptor) }
      // Someone took it for abandoned before it was locked.
      close(descriptor)
    }
  }

  deinit {
    guard !isFinished else { return }
    unlink(temporaryPath)
    close(descriptor)
  }

  /// Adds pixels.
  ///
  /// - Throws: `CacheWriteError`.
  func append(_ pixels: UnsafeRawBufferPointer) throws {
    guard writeAll(pixels, to: descriptor, at: offset) else { throw CacheWriteError.system }
    offset += pixels.count
  }

  /// Adds what is known of the next file.
  func append(_ record: CacheRecord) {
    record.encode(to: &index)
    recordCount += 1
    if case .image = record.result { imageCount += 1 }
  }

  /// Adds header and index, puts the file in its place and opens it.
  ///
  /// - Throws: `CacheWriteError`.
  func finish(
    key: ContentDigest, shape: ImageShape, form: PixelForm, checked: Int64
  ) throws -> (file: CacheFile, index: CacheIndex) {
    guard index.bytes.count <= CacheHeader.maximumIndexByteCount else {
      throw CacheWriteError(reason: "an index of \(index.bytes.count) bytes is too long")
    }
    let header = CacheHeader(
      key: key, shape: shape, form: form, imageCount: imageCount, recordCount: recordCount, checked: checked,
      index: index.bytes)
    let isWritten = index.bytes.withUnsafeBytes { writeAll($0, to: descriptor, at: header.indexOffset) }
    guard isWritten, header.encoded.withUnsafeBytes({ writeAll($0, to: descriptor, at: 0) }), fsync(descriptor) == 0,
      rename(temporaryPath, path) == 0
    else { throw CacheWriteError.system }
    isFinished = true
    flock(descriptor, LOCK_UN)
    // Not twice in memory: it is read back.
    index = ByteWriter()
    // The same file, even if another process has put its own in the place by now.
    guard let opened = CacheFile.open(taking: descriptor, path: path, key: key) else {
      throw CacheWriteError(reason: "what was written reads back wrong")
    }
    // Without this the new name may be lost in a power failure, and the cache is built again.
    try? AtomicFile.synchronizeFolder(folder)
    return opened
  }
}
