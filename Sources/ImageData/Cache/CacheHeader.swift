import Crypto
import Foundation

/// The first page of a cache file.
///
/// Layout of the file: this header, padded to 4,096 bytes; the pixels of all images, one after another; the index,
/// which is a string that names the folder and then the records (`CacheRecord`). Numbers are little endian.
struct CacheHeader: Sendable, Equatable {
  /// What was asked to be decoded, and how.
  let key: ContentDigest
  let shape: ImageShape
  /// What the policy made of the folder's files.
  let form: PixelForm
  let imageCount: Int
  let recordCount: Int
  /// When the files were looked at, in nanoseconds since 1970.
  let checked: Int64
  let indexByteCount: Int
  let indexDigest: ContentDigest

  static let byteCount = 4096
  private static let magic = Array("SFPIXELS".utf8)
  /// Also raised whenever decoding comes to give other pixels for the same file and policy.
  static let version: UInt32 = 1

  /// Most bytes of an index, for it is read as a whole: enough for ten million files.
  static let maximumIndexByteCount = 2 << 30
  /// Fewest bytes of a record.
  private static let minimumRecordByteCount = 74

  /// Bytes before the index.
  var indexOffset: Int { Self.byteCount + imageCount * shape.byteCount }

  /// Bytes of the whole file.
  var fileByteCount: Int { indexOffset + indexByteCount }

  /// The whole page.
  var encoded: [UInt8] {
    var writer = ByteWriter()
    writer.raw(Self.magic)
    writer.integer(Self.version)
    writer.digest(key)
    for size in [shape.height, shape.width, shape.channels, shape.depth.rawValue] { writer.integer(Int64(size)) }
    writer.integer(Int64(imageCount))
    writer.integer(Int64(recordCount))
    writer.integer(checked)
    writer.integer(Int64(indexByteCount))
    writer.digest(indexDigest)
    writer.string(form.rawValue)
    var page = writer.bytes
    page += [UInt8](repeating: 0, count: Self.byteCount - ContentDigest.byteCount - page.count)
    return page + page.withUnsafeBytes { ContentDigest(of: $0).bytes }
  }

  /// Reads a page.
  ///
  /// - Returns: nil unless it is whole and consistent with the size of its file.
  init?(_ page: UnsafeRawBufferPointer, fileByteCount: Int) {
    guard page.count == Self.byteCount else { return nil }
    let body = UnsafeRawBufferPointer(rebasing: page.dropLast(ContentDigest.byteCount))
    let stored = ContentDigest(stored: UnsafeRawBufferPointer(rebasing: page.suffix(ContentDigest.byteCount)))
    guard ContentDigest(of: body) == stored else { return nil }
    var reader = ByteReader(body)
    do {
      guard try reader.raw(Self.magic.count) == Self.magic, try reader.integer(UInt32.self) == Self.version else {
        return nil
      }
      key = try reader.digest()
      let sizes = try (0..<4).map { _ in try Int(reader.integer(Int64.self)) }
      guard let depth = SampleDepth(rawValue: sizes[3]) else { return nil }
      shape = try ImageShape(height: sizes[0], width: sizes[1], channels: sizes[2], depth: depth)
      imageCount = try Int(reader.integer(Int64.self))
      recordCount = try Int(reader.integer(Int64.self))
      checked = try reader.integer(Int64.self)
      indexByteCount = try Int(reader.integer(Int64.self))
      indexDigest = try reader.digest()
      guard let form = PixelForm(rawValue: try reader.string()) else { return nil }
      self.form = form
    } catch {
      return nil
    }
    guard imageCount >= 0, recordCount >= imageCount, indexByteCount >= 0,
      recordCount <= indexByteCount / Self.minimumRecordByteCount,
      indexByteCount <= min(fileByteCount, Self.maximumIndexByteCount),
      let pixels = ImageData.byteCount(imageCount, shape.byteCount),
      pixels <= fileByteCount, self.fileByteCount == fileByteCount
    else { return nil }
  }

  init(
    key: ContentDigest, shape: ImageShape, form: PixelForm, imageCount: Int, recordCount: Int, checked: Int64,
    index: [UInt8]
  ) {
    self.key = key
    self.shape = shape
    self.form = form
    self.imageCount = imageCount
    self.recordCount = recordCount
    self.checked = checked
    indexByteCount = index.count
    indexDigest = index.withUnsafeBytes { ContentDigest(of: $0) }
  }
}
