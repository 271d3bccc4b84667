import ResidualNets
import TorchCore

/// A classifier that shows what its last linear layer reads.
public protocol FeatureClassifier: Classifier {
  /// Penultimate features N×F of pixels N×C×H×W in [0, 1].
  func features(_ pixels: Tensor) throws -> Tensor
}

extension DeployedNetwork: FeatureClassifier {}

/// A network whose last layer was replaced by a readout of two classes, made for a single image: 0 where the image is,
/// 1 where an adversary was planted. All that may hide adversaries from an attack is still there.
public struct PlantedClassifier: Classifier {
  public let network: any FeatureClassifier
  /// 2×F and 2, fp32.
  let weight: Tensor
  let bias: Tensor

  public var inputShape: [Int] { network.inputShape }
  public var classCount: Int { 2 }
  public var device: Device { network.device }

  public func logits(_ pixels: Tensor) throws -> Tensor { try logits(features: network.features(pixels)) }

  func logits(features: Tensor) throws -> Tensor { try features.linear(weight, bias) }
}
