import TorchCore

/// A network as it runs: norms folded, adapters merged, parameters constant, pixels in [0, 1] coming in and logits
/// going out. Attacks, bounds and certificates all see this one network.
public struct DeployedNetwork {
  /// Channels, height, width.
  public let inputShape: [Int]
  /// From the normalising layer to the features, N×F.
  public let body: [Stage]
  /// The linear layer from features to logits; weight K×F, bias K.
  public let headWeight: Tensor
  public let headBias: Tensor

  public var classCount: Int { headWeight.size(0) }

  public init(inputShape: [Int], body: [Stage], headWeight: Tensor, headBias: Tensor) {
    self.inputShape = inputShape
    self.body = body
    self.headWeight = headWeight
    self.headBias = headBias
  }

  /// Features N×F of pixels N×C×H×W.
  public func features(_ pixels: Tensor) throws -> Tensor { try body.apply(pixels) }

  /// Logits N×K of pixels N×C×H×W in [0, 1].
  public func logits(_ pixels: Tensor) throws -> Tensor { try features(pixels).linear(headWeight, headBias) }

  /// All stages, the head included.
  public var stages: [Stage] { body + [Stage("head", .linear(weight: headWeight, bias: headBias))] }

  /// The same network in another element type or on another device.
  public func mappingTensors(_ transform: (Tensor) throws -> Tensor) rethrows -> DeployedNetwork {
    try DeployedNetwork(
      inputShape: inputShape, body: body.map { try $0.mappingTensors(transform) }, headWeight: transform(headWeight),
      headBias: transform(headBias))
  }
}
