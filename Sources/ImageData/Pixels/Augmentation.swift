import CPixels
import RandomStreams

/// What training does to each image anew in every epoch: padding and cropping, mirroring, cutting out, and mixing.
///
/// What happens to an image is a function of its own stream, whatever batch it is in.
public struct Augmentation: Sendable, Hashable, Codable {
  /// Pixels of zeros added on each side, before a window of the original size is taken at random; 0: none.
  public var padAndCrop = 0
  /// Mirrors every second image, at random, left to right.
  public var flip = false
  /// Side of a square of zeros around a random pixel, cut at the border (DeVries and Taylor 2017); 0: none.
  public var cutout = 0
  /// α of mixup (Zhang et al. 2018): weights are drawn from Beta(α, α); 0: none.
  public var mixup = 0.0

  public init(padAndCrop: Int = 0, flip: Bool = false, cutout: Int = 0, mixup: Double = 0) {
    self.padAndCrop = padAndCrop
    self.flip = flip
    self.cutout = cutout
    self.mixup = mixup
  }

  /// The largest α that ``mixup`` may be: weights are then within a few hundredths of ½.
  static let largestMixup = 100.0

  /// - Throws: `DataError` if padding or cutout is negative or at least a side of the images, or α is not 0 to 100.
  public func validate(_ shape: ImageShape) throws {
    let side = min(shape.height, shape.width)
    for (name, value) in [("padding", padAndCrop), ("cutout", cutout)] {
      guard value == 0 || (1..<side).contains(value) else {
        throw DataError(
          code: .badData, path: "augmentation", reason: "\(name) of \(value) pixels does not suit \(shape)",
          advice: side == 1 ? "Use 0." : "Use 0 to \(side - 1).")
      }
    }
    guard (0...Self.largestMixup).contains(mixup) else {
      throw DataError(
        code: .badData, path: "augmentation", reason: "mixup of \(mixup) is out of range", advice: "Use 0 to 100.")
    }
  }

  /// Whether ``apply(to:shape:stream:)`` does anything.
  public var changesSamples: Bool { padAndCrop > 0 || flip || cutout > 0 }

  /// Pads and crops, flips and cuts every image of a batch, in this order, in place.
  ///
  /// - Parameter stream: of the image at each place in the batch. Its counters 0 to 4 are the rows and columns of the
  ///   window, the flip, and the row and column of the square's middle.
  /// - Throws: `DataError` as ``validate(_:)``, or if the bytes are no whole number of images.
  public func apply(to pixels: inout [UInt8], shape: ImageShape, stream: (Int) -> RandomStream) throws {
    try validate(shape)
    let count = try shape.imageCount(ofBytes: pixels.count)
    guard changesSamples else { return }
    let changes = (0..<count).map { change(of: shape, stream($0)) }
    shape.withImages(&pixels) { images, scratch in
      cpixels_augment(images, count, shape.cShape, changes, scratch)
    }
  }

  private func change(of shape: ImageShape, _ stream: RandomStream) -> cpixels_change {
    var change = cpixels_change()
    if padAndCrop > 0 {
      change.down = stream.integer(below: 2 * padAndCrop + 1, at: 0) - padAndCrop
      change.right = stream.integer(below: 2 * padAndCrop + 1, at: 1) - padAndCrop
    }
    if flip { change.flip = Int32(stream.integer(below: 2, at: 2)) }
    if cutout > 0 {
      change.cut_top = stream.integer(below: shape.height, at: 3) - cutout / 2
      change.cut_left = stream.integer(below: shape.width, at: 4) - cutout / 2
      change.cut_side = cutout
    }
    return change
  }
}
