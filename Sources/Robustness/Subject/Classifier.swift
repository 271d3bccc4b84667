import ResidualNets
import TorchCore

/// What can be attacked: images in, logits out, differentiable with respect to the pixels.
///
/// Answers are a function of the image alone: what stands beside it in a batch changes them by rounding at most.
public protocol Classifier {
  /// Channels, height, width.
  var inputShape: [Int] { get }
  var classCount: Int { get }
  /// Where pixels are expected.
  var device: Device { get }

  /// Logits N×K of pixels N×C×H×W in [0, 1].
  func logits(_ pixels: Tensor) throws -> Tensor

  /// What a search in bfloat16 goes by in its place; itself where it has no such form.
  /// - Throws: ``RobustnessError/invalidSetting(name:reason:)`` where it has one that bfloat16 does not compute.
  func inReducedPrecision() throws -> any Classifier
}

extension Classifier {
  public func inReducedPrecision() throws -> any Classifier { self }
}

extension DeployedNetwork: Classifier {
  public var device: Device { headWeight.device }

  public func inReducedPrecision() throws -> any Classifier { try ReducedPrecision(self) }
}
