import ResidualNets
import Results
import TorchCore

/// The 8-bit grid: what of an adversarial image survives being written as a PNG.
public enum PixelGrid {
  /// Farther than this from a whole number of 255ths, a clean pixel is not one of an 8-bit image.
  static let tolerance = 1e-3

  /// Adversarial images as 8-bit levels, uint8 N×C×H×W, inside the ball around the clean images' levels.
  ///
  /// L∞: the nearest level within ⌊255·ε⌋ steps of the clean one. L2 and L1: toward the clean level, so that no pixel
  /// moves farther than it did; where a step that fp32 holds just short of a whole one would be completed and the sum of
  /// the steps then leaves the ball, that image's steps are rounded down throughout.
  ///
  /// - Parameters:
  ///   - adversarial: fp32 N×C×H×W in [0, 1] and in the ball.
  ///   - clean: fp32 N×C×H×W, multiples of 1/255.
  /// - Throws: ``RobustnessError/cleanPixelOffGrid(farthest:)``, `TorchError`.
  public static func levels(_ adversarial: Tensor, clean: Tensor, within ball: PerturbationBall) throws -> Tensor {
    try RobustnessError.requireEqual("adversarial images", adversarial.size(0), clean.size(0))
    guard clean.count > 0 else { return try clean.to(.uint8) }
    let scaled = try clean.to(.float64) * 255
    let origin = try scaled.rounded()
    let farthest = try (scaled - origin).abs().max().item()
    guard farthest <= tolerance else { throw RobustnessError.cleanPixelOffGrid(farthest: farthest) }
    let target = try adversarial.to(.float64) * 255
    guard ball.norm != .linf else {
      let steps = Double(min(ball.epsilon.floorSteps255, 255))
      return try target.rounded().clamped(origin - steps, origin + steps).clamped(0, 255).to(.uint8)
    }
    let shift = try target - origin
    // fp32 holds a level to 2⁻²⁵·255 < 2⁻¹⁶; the slack stands well above that.
    let slack = 0x1p-14
    let completed = try (shift.abs() + slack).floor()
    let shortened = try (shift.abs() - slack).floor().clamped(0, 255)
    let limit = 255 * Double(ball.epsilon.numerator) / Double(ball.epsilon.denominator)
    let length =
      switch ball.norm {
      // Sums of whole numbers: exact in fp64.
      case .l2: try completed.squared().sum([1, 2, 3], keepingDimensions: true).sqrt()
      case .l1, .linf: try completed.sum([1, 2, 3], keepingDimensions: true)
      }
    let steps = try length.lessOrEqual(limit).select(completed, shortened)
    return try origin.addingProduct(shift.sign(), steps).clamped(0, 255).to(.uint8)
  }

  /// The bytes of each image, height × width × channels from the top left, as PNG codecs take them.
  public static func bytes(of levels: Tensor) throws -> [[UInt8]] {
    try (0..<levels.size(0)).map { image in
      let planes = try levels.narrowed(0, from: image, count: 1).reshaped(Array(levels.shape.dropFirst()))
      return try planes.permuted([1, 2, 0]).contiguous().host().values(as: UInt8.self)
    }
  }

  /// Decoded bytes as the network takes them: fp32 N×C×H×W in [0, 1], channels-last.
  ///
  /// - Parameter images: height × width × channels bytes each.
  public static func pixels(_ images: [[UInt8]], channels: Int, height: Int, width: Int) throws -> Tensor {
    for bytes in images { try RobustnessError.requireEqual("bytes", bytes.count, channels * height * width) }
    return try Tensor(
      imageBytes: images.flatMap(\.self), count: images.count, channels: channels, height: height, width: width
    ).channelsLast()
  }

  /// The verdict on images that were written and read back.
  public struct Rescoring: Sendable, Equatable {
    public var predictions: [Int]
    /// Whether each still fools the network.
    public var fooled: [Bool]
    /// The norm of the perturbation on the grid, in fp64.
    public var distances: [Double]
  }

  /// Scores decoded images again.
  ///
  /// - Parameters:
  ///   - images, clean: height × width × channels bytes each.
  ///   - labels: the true classes.
  public static func rescore(
    _ network: DeployedNetwork, images: [[UInt8]], clean: [[UInt8]], labels: [Int], norm: PerturbationNorm
  ) throws -> Rescoring {
    try RobustnessError.requireEqual("clean images", clean.count, images.count)
    try RobustnessError.requireEqual("labels", labels.count, images.count)
    guard !images.isEmpty else { return Rescoring(predictions: [], fooled: [], distances: []) }
    guard network.inputShape.count == 3 else {
      throw RobustnessError.pixelShape(found: [], expected: network.inputShape)
    }
    let (channels, height, width) = (network.inputShape[0], network.inputShape[1], network.inputShape[2])
    let decoded = try pixels(images, channels: channels, height: height, width: width)
    let original = try pixels(clean, channels: channels, height: height, width: width)
    let device = network.headWeight.device
    let verdict = try Judgement(network, decoded.to(device), labels: labels)
    // In whole steps, which are exact; the floats of two levels differ from their quotient by a rounding.
    let steps = { (pixels: Tensor) in try (pixels.to(.float64) * 255).rounded() }
    return try Rescoring(
      predictions: verdict.predictions, fooled: verdict.correct.map { !$0 },
      distances: distances(norm, steps(decoded), from: steps(original)).map { $0 / 255 })
  }
}
