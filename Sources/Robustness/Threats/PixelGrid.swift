import ImageData
import Results
import TorchCore

/// The grid of whole levels: what of an adversarial image survives being written as a PNG of 8 or 16 bits.
public struct PixelGrid: Sendable {
  public let depth: SampleDepth

  public init(_ depth: SampleDepth = .eight) { self.depth = depth }

  /// Levels above black: 255 or 65535.
  var maximum: Double { Double(depth.maximum) }

  /// Farther than this from a whole level, a clean pixel is not one of an image on the grid.
  private var tolerance: Double { max(1e-3, maximum * 0x1p-22) }

  /// Adversarial images as levels, N×C×H×W of uint8 or, of 16 bits, int32, inside the ball around the clean images'
  /// levels.
  ///
  /// L∞: the nearest level within ⌊M·ε⌋ steps of the clean one. L2 and L1: toward the clean level, so that no pixel
  /// moves farther than it did; where a step that fp32 holds just short of a whole one would be completed and the sum
  /// of the steps then leaves the ball, that image's steps are rounded down throughout.
  ///
  /// - Parameters:
  ///   - adversarial: fp32 N×C×H×W in [0, 1] and in the ball.
  ///   - clean: fp32 N×C×H×W, whole levels divided by the largest, M.
  /// - Throws: ``RobustnessError/cleanPixelOffGrid(farthest:bits:)``, `TorchError`.
  public func levels(_ adversarial: Tensor, clean: Tensor, within ball: PerturbationBall) throws -> Tensor {
    try RobustnessError.requireEqual("adversarial images", adversarial.size(0), clean.size(0))
    guard clean.count > 0 else { return try clean.to(levelType) }
    let scaled = try clean.to(.float64) * maximum
    let origin = try scaled.rounded()
    let farthest = try (scaled - origin).abs().max().item()
    guard farthest <= tolerance else {
      throw RobustnessError.cleanPixelOffGrid(farthest: farthest, bits: depth.rawValue)
    }
    let target = try adversarial.to(.float64) * maximum
    guard ball.norm != .linf else {
      let steps = Double(min(ball.epsilon.floorSteps(of: depth.maximum), depth.maximum))
      return try target.rounded().clamped(origin - steps, origin + steps).clamped(0, maximum).to(levelType)
    }
    let shift = try target - origin
    // fp32 holds a level to 2⁻²⁵·M; the slack stands well above that.
    let slack = (maximum + 1) * 0x1p-22
    let completed = try (shift.abs() + slack).floor()
    let shortened = try (shift.abs() - slack).floor().clamped(0, maximum)
    let limit = maximum * Double(ball.epsilon.numerator) / Double(ball.epsilon.denominator)
    let length =
      switch ball.norm {
      // Sums of whole numbers: exact in fp64.
      case .l2: try completed.squared().sum([1, 2, 3], keepingDimensions: true).sqrt()
      case .l1, .linf: try completed.sum([1, 2, 3], keepingDimensions: true)
      }
    let steps = try length.lessOrEqual(limit).select(completed, shortened)
    return try origin.addingProduct(shift.sign(), steps).clamped(0, maximum).to(levelType)
  }

  private var levelType: DType { depth == .eight ? .uint8 : .int32 }

  /// The samples of each image, height × width × channels from the top left, as PNG codecs take them.
  public func bytes(of levels: Tensor) throws -> [[UInt8]] {
    try (0..<levels.size(0)).map { image in
      let planes = try levels.narrowed(0, from: image, count: 1).reshaped(Array(levels.shape.dropFirst()))
      let samples = try planes.permuted([1, 2, 0]).contiguous().host()
      switch depth {
      case .eight: return try samples.values(as: UInt8.self)
      case .sixteen:
        return try samples.values(as: Int32.self).flatMap { level in
          withUnsafeBytes(of: UInt16(clamping: level)) { Array($0) }
        }
      }
    }
  }

  /// Decoded bytes as the network takes them: fp32 N×C×H×W in [0, 1], channels-last.
  ///
  /// - Parameter images: height × width × channels samples each.
  public func pixels(_ images: [[UInt8]], channels: Int, height: Int, width: Int) throws -> Tensor {
    let shape = try ImageShape(height: height, width: width, channels: channels, depth: depth)
    for bytes in images { try RobustnessError.requireEqual("bytes", bytes.count, shape.byteCount) }
    return try Tensor(samples: images.flatMap(\.self), count: images.count, shape: shape).channelsLast()
  }
}
