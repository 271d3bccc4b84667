import CPixels
import TensorFiles

/// Mean and standard deviation of each channel, over all pixels of some images.
public struct ChannelMoments: Sendable, Hashable {
  /// In [0, 1].
  public let mean: [Double]
  /// Of all pixels, not the sample's n − 1; in [0, 1].
  public let standardDeviation: [Double]

  /// Bytes of samples in memory at once.
  private static let blockByteCount = 8 << 20

  /// Reads every image once. Sums are of whole numbers within a block, so they do not depend on threads.
  ///
  /// - Throws: `DataError` where pixels cannot be had any more.
  public init(of images: some LabelledImages) throws {
    let shape = images.shape
    let perBlock = Self.blockByteCount / shape.byteCount
    let pixelsEach = shape.height * shape.width
    var (sums, squares) = (
      [Double](repeating: 0, count: shape.channels), [Double](repeating: 0, count: shape.channels)
    )
    for places in (0..<images.count).batches(of: perBlock) {
      var (s, q) = ([UInt64](repeating: 0, count: shape.channels), [UInt64](repeating: 0, count: shape.channels))
      cpixels_add_moments(
        try images.gather(Array(places)), shape.depth.bytes, places.count * pixelsEach, shape.channels, &s, &q)
      for channel in 0..<shape.channels {
        sums[channel] += Double(s[channel])
        squares[channel] += Double(q[channel])
      }
    }
    let count = Double(images.count * pixelsEach)
    let largest = Double(shape.depth.maximum)
    let means = sums.map { $0 / count }
    mean = means.map { $0 / largest }
    standardDeviation = zip(squares, means).map { max(0, $0 / count - $1 * $1).squareRoot() / largest }
  }
}
