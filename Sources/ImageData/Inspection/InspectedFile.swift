import CPixels
import Crypto
import Foundation

/// What one decoded file adds to a summary, and decides where it belongs in a split.
struct InspectedFile: Sendable {
  let header: PNGHeader
  let warnings: String
  /// Of size, channels and pixels.
  let digest: SHA256.Digest
  let pixelCount: Int
  /// Of each channel.
  let sums: [UInt64]
  let squares: [UInt64]
  /// Whether all pixels are the same.
  let isConstant: Bool

  /// Decodes a file.
  ///
  /// - Throws: `DataError` if it cannot be read or is damaged.
  init(_ path: String, form: PixelForm, options: ImageFolderOptions, _ reader: FileReader) throws {
    let (image, warnings, header) = try Self.decode(path, form: form, options: options, reader)
    self.header = header
    self.warnings = warnings
    pixelCount = image.width * image.height
    var hasher = SHA256()
    for size in [image.width, image.height, image.channels, image.shape.depth.rawValue] {
      withUnsafeBytes(of: UInt64(size).littleEndian) { hasher.update(bufferPointer: $0) }
    }
    var sums = [UInt64](repeating: 0, count: image.channels)
    var squares = sums
    let pixelBytes = image.channels * image.shape.depth.bytes
    isConstant = image.pixels.withUnsafeBytes { pixels in
      hasher.update(bufferPointer: pixels)
      guard let start = pixels.baseAddress else { return true }
      // Every pixel equals the one before it.
      return memcmp(start, start + pixelBytes, pixels.count - pixelBytes) == 0
    }
    cpixels_add_moments(image.pixels, image.shape.depth.bytes, pixelCount, image.channels, &sums, &squares)
    digest = hasher.finalize()
    self.sums = sums
    self.squares = squares
  }

  /// The image, what is odd about its file or "", and its header.
  static func decode(
    _ path: String, form: PixelForm, options: ImageFolderOptions, _ reader: FileReader
  ) throws -> (image: Image, warnings: String, header: PNGHeader) {
    try reader.withContent(of: path, limit: options.limits.maximumFileBytes) { bytes in
      try PNG.decodeWithWarnings(
        bytes, path: path, options: PNGOptions(form: form, background: options.decoding.background),
        limits: options.limits)
    }
  }
}
