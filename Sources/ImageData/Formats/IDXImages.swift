import Foundation

/// A pair of IDX files: images of unsigned bytes, N × H × W or N × H × W × C, and N labels.
struct IDXImages: ImportedPixels {
  let url: URL
  let shape: ImageShape
  let count: Int

  /// Reads the headers of both files and all labels.
  ///
  /// - Throws: `DataError` naming the file that is damaged, or does not fit the other.
  static func set(named name: String, images: URL, labels: URL, limit: Int) throws -> ImportedSet {
    let (header, shape) = try imageHeader(images)
    let count = header.shape[0]
    guard count >= 1, count <= limit else {
      throw DataError(
        code: .badData, path: images.path, reason: "\(count) images, and there may be 1 to \(limit)")
    }
    let values = try self.labels(labels, count: count, of: images)
    return ImportedSet(
      name: name, shape: shape, labels: values, classNames: nil,
      source: "\(images.lastPathComponent) and \(labels.lastPathComponent)",
      pixels: IDXImages(url: images, shape: shape, count: count))
  }

  func open() throws -> any ImportedPixelReader {
    let stream = try ByteStream(url)
    let (header, shape) = try Self.imageHeader(stream)
    guard shape == self.shape, header.shape[0] == count else {
      throw DataError(code: .io, path: url.path, reason: "changed while it was read")
    }
    return Reader(stream: stream)
  }

  private static func imageHeader(_ url: URL) throws -> (IDXHeader, ImageShape) {
    try imageHeader(ByteStream(url))
  }

  private static func imageHeader(_ stream: ByteStream) throws -> (IDXHeader, ImageShape) {
    let header = try IDXHeader(stream)
    guard header.type == IDXHeader.unsignedBytes, header.shape.count == 3 || header.shape.count == 4 else {
      throw DataError(
        code: .badData, path: stream.path,
        reason: "\(header.shape.count) axes of IDX type \(header.type), where images have 3 or 4 axes of type 8",
        advice: "Name the file of images: N × height × width, or with 1 to 4 channels last.")
    }
    let shape = try DataError.about(stream.path) {
      try ImageShape(
        height: header.shape[1], width: header.shape[2], channels: header.shape.count == 4 ? header.shape[3] : 1)
    }
    return (header, shape)
  }

  private static func labels(_ url: URL, count: Int, of images: URL) throws -> [Int] {
    let stream = try ByteStream(url)
    let header = try IDXHeader(stream)
    guard header.shape.count == 1, let read = reader(of: header.type) else {
      throw DataError(
        code: .badData, path: url.path,
        reason: "\(header.shape.count) axes of IDX type \(header.type), where labels have one axis of whole numbers")
    }
    guard header.shape[0] == count else {
      throw DataError(
        code: .badData, path: url.path,
        reason: "\(header.shape[0]) labels, but \(images.lastPathComponent) has \(count) images")
    }
    let bytes = try stream.bytes(header.byteCount, "its \(count) labels")
    try stream.finish()
    return bytes.withUnsafeBytes { bytes in (0..<count).map { read(bytes, $0) } }
  }

  /// How the label at an index is read, in big-endian order.
  private static func reader(of type: UInt8) -> ((UnsafeRawBufferPointer, Int) -> Int)? {
    switch type {
    case 8: { Int($0[$1]) }
    case 9: { Int(Int8(bitPattern: $0[$1])) }
    case 11: { Int(Int16(bigEndian: $0.loadUnaligned(fromByteOffset: 2 * $1, as: Int16.self))) }
    case 12: { Int(Int32(bigEndian: $0.loadUnaligned(fromByteOffset: 4 * $1, as: Int32.self))) }
    default: nil
    }
  }

  private final class Reader: ImportedPixelReader {
    private let stream: ByteStream

    init(stream: ByteStream) { self.stream = stream }

    func read(_ images: Int, into samples: UnsafeMutableRawBufferPointer) throws {
      try stream.fill(samples, "the images that its header claims")
    }

    func finish() throws { try stream.finish() }
  }
}
