import CPixels
import Foundation

/// A turn about the image's centre, as in rotated MNIST: bilinear between pixel centres, as PIL's `rotate(BILINEAR)`.
///
/// The shape stays. What comes from outside the image is black, and transparent where there is alpha; colours are
/// premultiplied by alpha while they are mixed. Half turns, and quarter turns of square images, move samples unchanged.
public struct Rotation: Sendable, Hashable {
  /// Counter-clockwise as seen.
  public let degrees: Double

  public init(degrees: Double) {
    self.degrees = degrees
  }

  /// Turns every image of a batch, in place.
  ///
  /// - Throws: `DataError` if the angle is not finite, or the bytes are no whole number of images.
  public func apply(to pixels: inout [UInt8], shape: ImageShape) throws {
    guard degrees.isFinite else {
      throw DataError(code: .badData, path: "rotation", reason: "an angle of \(degrees)° is no angle")
    }
    let count = try shape.imageCount(ofBytes: pixels.count)
    let (cosine, sine) = direction
    shape.withImages(&pixels) { images, scratch in
      cpixels_rotate(images, count, shape.cShape, cosine, sine, scratch)
    }
  }

  /// Cosine and sine, exact for quarter turns.
  private var direction: (cosine: Double, sine: Double) {
    switch degrees.remainder(dividingBy: 360) {
    case 0: (1, 0)
    case 90: (0, 1)
    case -90: (0, -1)
    case 180, -180: (-1, 0)
    case let angle: (cos(angle * .pi / 180), sin(angle * .pi / 180))
    }
  }
}
