/// An 8-bit image in memory: height × width × channels, row-major, from the top left.
public struct Image: Sendable, Hashable {
  /// Pixels in a row, at least 1.
  public let width: Int
  /// Rows, at least 1.
  public let height: Int
  /// 1 gray, 2 gray and alpha, 3 RGB, 4 RGB and alpha.
  public let channels: Int
  /// height × width × channels bytes; alpha is not premultiplied.
  public var pixels: [UInt8] {
    didSet { precondition(pixels.count == oldValue.count, "an image keeps its number of bytes") }
  }

  /// An image over pixels already there.
  ///
  /// - Throws: `DataError` if a size is below 1, the channels are not 1 to 4, or the count of bytes is not
  ///   height × width × channels.
  public init(width: Int, height: Int, channels: Int, pixels: [UInt8]) throws {
    guard width >= 1, height >= 1, (1...4).contains(channels) else {
      throw DataError(
        code: .badData, path: "image", reason: "\(width) × \(height) pixels of \(channels) channels is no image",
        advice: "Width and height are at least 1, channels 1 to 4.")
    }
    let needed = byteCount(width, height, channels)
    guard pixels.count == needed else {
      throw DataError(
        code: .badData, path: "image",
        reason: "\(width) × \(height) pixels of \(channels) channels need "
          + "\(needed.map(String.init) ?? "too many") bytes, not \(pixels.count)")
    }
    self.init(trustedWidth: width, height: height, channels: channels, pixels: pixels)
  }

  /// For sizes that were checked before.
  init(trustedWidth width: Int, height: Int, channels: Int, pixels: [UInt8]) {
    self.width = width
    self.height = height
    self.channels = channels
    self.pixels = pixels
  }
}

/// The product of sizes, or nil where it does not fit an `Int`.
func byteCount(_ sizes: Int...) -> Int? {
  var product = 1
  for size in sizes {
    let (next, overflow) = product.multipliedReportingOverflow(by: size)
    if overflow { return nil }
    product = next
  }
  return product
}
