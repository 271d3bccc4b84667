import Foundation
import ImageData
import RandomStreams
import Testing

/// A file of this target's `Fixtures` folder.
func fixture(_ path: String) -> URL {
  URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures/" + path)
}

/// A fresh folder that is removed with the value.
final class TemporaryFolder {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory.appendingPathComponent("ImageDataTests-" + UUID().uuidString)
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  /// Writes a file, and the folders above it.
  func write(_ bytes: [UInt8], to path: String) throws {
    let file = url.appendingPathComponent(path)
    try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: file)
  }

  func link(_ path: String, to target: String) throws {
    try FileManager.default.createSymbolicLink(
      atPath: url.appendingPathComponent(path).path, withDestinationPath: target)
  }

  /// Writes `count` different gray images of one size for each class name.
  func writeClasses(_ names: [String], in split: String = "", count: Int, width: Int = 3, height: Int = 2) throws {
    for (label, name) in names.enumerated() {
      for number in 0..<count {
        let key = "\(split)/\(name)/\(number)/\(label)"
        let image = try randomImage(
          RandomStream(seed: 1).stream(key), width: width, height: height, channels: 1)
        try write(PNG.encode(image), to: "\(split.isEmpty ? "" : split + "/")\(name)/\(number).png")
      }
    }
  }
}

func randomImage(_ stream: RandomStream, width: Int, height: Int, channels: Int) throws -> Image {
  let bytes = (0..<width * height * channels).map { UInt8(truncatingIfNeeded: stream.bits(at: UInt64($0))) }
  return try Image(width: width, height: height, channels: channels, pixels: bytes)
}

/// Runs `body`, which must throw a `DataError`, and returns it.
func dataError(_ body: () throws -> Void) throws -> DataError {
  do {
    try body()
  } catch let error as DataError {
    return error
  }
  throw Unexpected(text: "no DataError was thrown")
}

struct Unexpected: Error {
  let text: String
}

/// The CRC-32 of PNG and zlib (PNG specification, annex D).
func crc32(_ bytes: some Sequence<UInt8>) -> UInt32 {
  var value: UInt32 = 0xFFFF_FFFF
  for byte in bytes { value = crcTable[Int((value ^ UInt32(byte)) & 255)] ^ (value >> 8) }
  return value ^ 0xFFFF_FFFF
}

private let crcTable: [UInt32] = (0..<256).map { start in
  (0..<8).reduce(UInt32(start)) { value, _ in value & 1 == 1 ? 0xEDB8_8320 ^ (value >> 1) : value >> 1 }
}

/// PNG files made by hand, so that they can be wrong in any way.
struct HandmadePNG {
  var width: UInt32 = 2
  var height: UInt32 = 2
  var depth: UInt8 = 8
  var colorType: UInt8 = 0
  /// Chunks between IHDR and IDAT.
  var extra: [(String, [UInt8])] = []
  /// Rows with their filter bytes.
  var rows: [UInt8] = [0, 1, 2, 0, 3, 4]

  var bytes: [UInt8] {
    let header = bigEndian(width) + bigEndian(height) + [depth, colorType, 0, 0, 0]
    return Self.signature + Self.chunk("IHDR", header) + extra.flatMap { Self.chunk($0.0, $0.1) }
      + Self.chunk("IDAT", Self.stored(rows)) + Self.chunk("IEND", [])
  }

  static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

  static func chunk(_ kind: String, _ data: [UInt8]) -> [UInt8] {
    let body = Array(kind.utf8) + data
    return bigEndian(UInt32(data.count)) + body + bigEndian(crc32(body))
  }

  /// A zlib stream of stored blocks (RFC 1950, RFC 1951).
  static func stored(_ data: [UInt8]) -> [UInt8] {
    var stream: [UInt8] = [0x78, 0x01]
    var at = 0
    repeat {
      let count = min(data.count - at, 65535)
      let low = UInt8(count & 255)
      let high = UInt8(count >> 8)
      stream += [at + count == data.count ? 1 : 0, low, high, ~low, ~high] + data[at..<at + count]
      at += count
    } while at < data.count
    var (a, b): (UInt32, UInt32) = (1, 0)
    for byte in data {
      a = (a + UInt32(byte)) % 65521
      b = (b + a) % 65521
    }
    return stream + bigEndian(b << 16 | a)
  }
}

private func bigEndian(_ value: UInt32) -> [UInt8] {
  [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
}

extension ImageSet {
  /// The samples of all images.
  var pixels: [UInt8] { get throws { try gather(Array(0..<count)) } }
}

/// Whether two sets have the same images with the same names and labels.
func same(_ a: ImageSet, _ b: ImageSet) throws -> Bool {
  guard a.shape == b.shape, a.labels == b.labels, a.classes == b.classes, a.paths == b.paths else { return false }
  return try a.pixels == b.pixels
}

extension DecodingPolicy {
  static var gray: DecodingPolicy {
    var policy = DecodingPolicy()
    policy.form = .gray
    return policy
  }
}
