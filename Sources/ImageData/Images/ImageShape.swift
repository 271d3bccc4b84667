/// What images of one set have in common: rows, columns, channels and the depth of their samples.
public struct ImageShape: Sendable, Hashable, Codable, CustomStringConvertible {
  /// Rows, at least 1.
  public let height: Int
  /// Pixels in a row, at least 1.
  public let width: Int
  /// 1 gray, 2 gray and alpha, 3 RGB, 4 RGB and alpha.
  public let channels: Int
  public let depth: SampleDepth

  /// - Throws: `DataError` if a size is below 1, the channels are not 1 to 4, or an image has more bytes than can be
  ///   counted.
  public init(height: Int, width: Int, channels: Int, depth: SampleDepth = .eight) throws {
    guard height >= 1, width >= 1, (1...4).contains(channels) else {
      throw DataError(
        code: .badData, path: "image", reason: "\(width) × \(height) pixels of \(channels) channels is no image",
        advice: "Width and height are at least 1, channels 1 to 4.")
    }
    guard ImageData.byteCount(width, height, channels, depth.bytes) != nil else {
      throw DataError(
        code: .badData, path: "image", reason: "\(width) × \(height) pixels are more bytes than can be counted")
    }
    self.height = height
    self.width = width
    self.channels = channels
    self.depth = depth
  }

  /// Samples of one image.
  public var sampleCount: Int { height * width * channels }

  /// Channels, height, width, as networks take them.
  public var inputShape: [Int] { [channels, height, width] }

  /// Bytes of one image.
  public var byteCount: Int { sampleCount * depth.bytes }

  public var description: String {
    "\(width) × \(height) pixels of \(channels) \(channels == 1 ? "channel" : "channels")"
      + (depth == .eight ? "" : " at 16 bits")
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
