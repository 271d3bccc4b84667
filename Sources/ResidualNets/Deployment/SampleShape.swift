/// The shape of one sample on its way through a network: C×H×W, tokens T×D, or F after flattening or pooling.
public struct SampleShape: Sendable, Hashable {
  /// The lengths of the axes, the batch's own left out.
  public let lengths: [Int]

  /// - Parameter lengths: of one, two or three axes, as above.
  public init(lengths: [Int]) { self.lengths = lengths }

  /// How many numbers a sample holds.
  public var count: Int { lengths.reduce(1, *) }

  /// Channels, and height and width.
  /// - Throws: ``ShapeError`` naming the layer, where the sample is no image.
  public func image(at layer: String) throws -> (channels: Int, size: [Int]) {
    guard lengths.count == 3 else {
      throw ShapeError(layer: layer, reason: "it needs channels × height × width, but gets \(lengths)")
    }
    return (lengths[0], Array(lengths[1...]))
  }

  /// Tokens, and features of each.
  /// - Throws: ``ShapeError`` naming the layer, where the sample is no sequence of tokens.
  public func tokens(at layer: String) throws -> (count: Int, width: Int) {
    guard lengths.count == 2 else {
      throw ShapeError(layer: layer, reason: "it needs tokens × features, but gets \(lengths)")
    }
    return (lengths[0], lengths[1])
  }

  /// Requires `count` channels: the first axis of an image, the features of tokens, or all there is.
  /// - Throws: ``ShapeError`` naming the layer, where there are more or fewer.
  public func require(channels count: Int, at layer: String) throws {
    guard (lengths.count == 2 ? lengths[1] : lengths.first) == count else {
      throw ShapeError(layer: layer, reason: "it has \(count) channels, but gets \(lengths)")
    }
  }

  /// The shape after pooling with a square window.
  func pooled(kernel: Int, stride: Int, padding: Int, at layer: String) throws -> SampleShape {
    let (channels, size) = try image(at: layer)
    guard kernel > 0, stride > 0, padding >= 0, padding <= kernel / 2, size.allSatisfy({ $0 + 2 * padding >= kernel })
    else {
      throw ShapeError(
        layer: layer, reason: "a window of \(kernel), stride \(stride), padding \(padding) does not fit \(size)")
    }
    return SampleShape(lengths: [channels] + size.map { ($0 + 2 * padding - kernel) / stride + 1 })
  }
}
