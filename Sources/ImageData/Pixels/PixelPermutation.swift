import CPixels
import RandomStreams

/// One order of the pixels for all images of a task, as in permuted MNIST (Goodfellow et al. 2013): what is near is no
/// longer near, and nothing else changes. All channels of a pixel move together.
public struct PixelPermutation: Sendable, Hashable {
  /// Rows of the images it is for.
  public let height: Int
  /// Pixels in a row of the images it is for.
  public let width: Int
  /// For each pixel, where it comes from.
  let order: [UInt32]

  /// Draws the order: each is equally likely.
  ///
  /// - Precondition: the sides are at least 1 and their product is below 2³².
  public init(height: Int, width: Int, stream: RandomStream) {
    precondition(height >= 1 && width >= 1, "an image of \(width) × \(height) pixels has no order")
    self.height = height
    self.width = width
    order = stream.permutation(height * width).map { UInt32($0) }
  }

  /// Moves the pixels of every image of a batch, in place.
  ///
  /// - Throws: `DataError` if the images are of another size, or the bytes are no whole number of images.
  public func apply(to pixels: inout [UInt8], shape: ImageShape) throws {
    guard (shape.height, shape.width) == (height, width) else {
      throw DataError(
        code: .badData, path: "image", reason: "a permutation of \(width) × \(height) pixels does not fit \(shape)")
    }
    let count = try shape.imageCount(ofBytes: pixels.count)
    shape.withImages(&pixels) { images, scratch in
      cpixels_permute(images, count, order.count, shape.pixelBytes, order, scratch)
    }
  }
}
