/// An image in memory: height × width × channels samples, row-major, from the top left.
public struct Image: Sendable, Hashable {
  public let shape: ImageShape
  /// `shape.byteCount` bytes; alpha is not premultiplied.
  public var pixels: [UInt8] {
    didSet { precondition(pixels.count == oldValue.count, "an image keeps its number of bytes") }
  }

  /// Pixels in a row.
  public var width: Int { shape.width }
  /// Rows.
  public var height: Int { shape.height }
  /// 1 gray, 2 gray and alpha, 3 RGB, 4 RGB and alpha.
  public var channels: Int { shape.channels }

  /// An image over pixels already there.
  ///
  /// - Throws: `DataError` if a size is below 1, the channels are not 1 to 4, or the count of bytes does not fit.
  public init(width: Int, height: Int, channels: Int, depth: SampleDepth = .eight, pixels: [UInt8]) throws {
    try self.init(shape: ImageShape(height: height, width: width, channels: channels, depth: depth), pixels: pixels)
  }

  /// An image over pixels already there.
  ///
  /// - Throws: `DataError` if the count of bytes is not that of the shape.
  public init(shape: ImageShape, pixels: [UInt8]) throws {
    guard pixels.count == shape.byteCount else {
      throw DataError(
        code: .badData, path: "image", reason: "\(shape) need \(shape.byteCount) bytes, not \(pixels.count)")
    }
    self.init(trusted: shape, pixels: pixels)
  }

  /// For sizes that were checked before.
  init(trusted shape: ImageShape, pixels: [UInt8]) {
    self.shape = shape
    self.pixels = pixels
  }
}
