import CPNGShim
import Foundation
import TensorFiles

/// Reading and writing PNG files (ISO/IEC 15948), through libpng.
public enum PNG {
  /// The header of a file in memory; reads as far as the first pixel data.
  ///
  /// - Parameter orientation: with `.upright` the header holds the orientation of the eXIf chunk.
  /// - Throws: `DataError` if it is no PNG, is corrupt up to there, or larger than the limits.
  public static func header(
    of bytes: [UInt8], path: String, limits: PNGLimits = PNGLimits(),
    orientation: DecodingPolicy.Orientation = .stored
  ) throws -> PNGHeader {
    try bytes.withUnsafeBytes { try header(of: $0, path: path, limits: limits, orientation: orientation) }
  }

  /// Decodes a whole file in memory.
  ///
  /// A file that ends early, fails a checksum or names a palette entry that is not there is an error, never a partial
  /// image. Bytes after the end chunk are ignored.
  /// - Parameters:
  ///   - path: the name that errors show.
  ///   - form: the channels wanted.
  ///   - background: what shows through transparent pixels in a form without alpha.
  ///   - depth: of the samples of the result.
  ///   - color: whether samples are taken as stored or converted to sRGB.
  ///   - orientation: whether rows are taken as stored or turned as the eXIf chunk says.
  /// - Throws: `DataError` if it is no PNG, is corrupt, larger than the limits, or to be converted from colours that
  ///   are damaged or not supported.
  public static func decode(
    _ bytes: [UInt8], path: String, as form: PixelForm = .natural, over background: Background = .black,
    depth: SampleDepth = .eight, color: DecodingPolicy.Color = .stored,
    orientation: DecodingPolicy.Orientation = .stored, limits: PNGLimits = PNGLimits()
  ) throws -> Image {
    let options = PNGOptions(form: form, background: background, depth: depth, color: color, orientation: orientation)
    return try bytes.withUnsafeBytes {
      try decodeWithWarnings($0, path: path, options: options, limits: limits).image
    }
  }

  /// Decodes a regular file.
  ///
  /// - Throws: `DataError` if the file is not there, is no regular file, is larger than the limits, or as
  ///   `decode(_:path:as:over:depth:color:orientation:limits:)`.
  public static func decode(
    contentsOf url: URL, as form: PixelForm = .natural, over background: Background = .black,
    depth: SampleDepth = .eight, color: DecodingPolicy.Color = .stored,
    orientation: DecodingPolicy.Orientation = .stored, limits: PNGLimits = PNGLimits()
  ) throws -> Image {
    let options = PNGOptions(form: form, background: background, depth: depth, color: color, orientation: orientation)
    return try FileReader().withContent(of: url.path, limit: limits.maximumFileBytes) { bytes in
      try decodeWithWarnings(bytes, path: url.path, options: options, limits: limits).image
    }
  }

  /// Encodes an image at the depth of its samples, with no metadata.
  ///
  /// The same image gives the same bytes for one version of libpng and zlib.
  /// - Throws: `DataError` if memory runs out or a side is longer than the format allows.
  public static func encode(_ image: Image) throws -> [UInt8] {
    var bytes: UnsafeMutablePointer<UInt8>?
    var count = 0
    var report = cpng_report()
    guard let width = UInt32(exactly: image.width), let height = UInt32(exactly: image.height) else {
      throw DataError(
        code: .badData, path: "image", reason: "\(image.width) × \(image.height) pixels are too many for a PNG")
    }
    let status = image.pixels.withUnsafeBufferPointer { pixels in
      cpng_encode(
        pixels.baseAddress, width, height, UInt32(image.channels), UInt32(image.shape.depth.rawValue), &bytes, &count,
        &report)
    }
    defer { cpng_free(bytes) }
    try check(status, report, path: "image")
    return Array(UnsafeBufferPointer(start: bytes, count: count))
  }

  /// Encodes an image and puts the file in place in one step, so that no reader sees half of it.
  ///
  /// - Throws: as `encode(_:)`, and what `AtomicFile.write` throws.
  public static func write(_ image: Image, to url: URL) throws {
    let bytes = try encode(image)
    try DataError.fromTensorFiles { try AtomicFile.write(bytes, to: url) }
  }
}
