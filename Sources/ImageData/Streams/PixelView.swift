import RandomStreams

/// What a task does to the pixels of its images: drawn when the stream is made, the same in every epoch.
public enum PixelView: Sendable, Hashable, CustomStringConvertible {
  case stored
  case permuted(PixelPermutation)
  case rotated(Rotation)
  /// The noise of an image comes from the stream of its index in its set, so it never changes.
  case degraded(Degradation, RandomStream)

  /// The degradation that changes nothing, in a list of them.
  static let none = "none"

  public var description: String {
    switch self {
    case .stored: "as stored"
    case .permuted(let permutation): "pixels permuted, \(permutation.fingerprint)"
    case .rotated(let rotation): "rotated by \(rotation.degrees.angle)"
    case .degraded(let degradation, _): "\(degradation)"
    }
  }

  /// Changes samples in place.
  ///
  /// - Parameters:
  ///   - pixels: images.count images of the shape, one after another.
  ///   - images: the index of each in its set, which names its noise.
  /// - Throws: `DataError` where the view is not for such images.
  func apply(to pixels: inout [UInt8], shape: ImageShape, images: [Int]) throws {
    switch self {
    case .stored: return
    case .permuted(let permutation): try permutation.apply(to: &pixels, shape: shape)
    case .rotated(let rotation): try rotation.apply(to: &pixels, shape: shape)
    case .degraded(let degradation, let stream):
      try degradation.apply(to: &pixels, shape: shape) { stream.stream(images[$0]) }
    }
  }
}

extension PixelPermutation {
  /// 16 hexadecimal digits that tell one order from another: the key that is reached by going from the stream of seed 0
  /// into the stream of each pixel's origin in turn.
  var fingerprint: String { order.reduce(RandomStream(seed: 0)) { $0.stream(Int($1)) }.key.hexadecimal }
}

extension UInt64 {
  /// 16 digits.
  var hexadecimal: String {
    let digits = String(self, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}

extension Double {
  /// In degrees, as people write it.
  var angle: String { self == rounded() && magnitude < 1e15 ? "\(Int(self))°" : "\(self)°" }
}
