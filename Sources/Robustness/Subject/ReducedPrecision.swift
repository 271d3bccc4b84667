import ResidualNets
import TorchCore

/// A deployed network that computes in half the bits behind its normalisation: pixels come in and logits go out in
/// fp32. Made for searching; what it says is no verdict.
public struct ReducedPrecision: Classifier {
  public let inputShape: [Int]
  public let classCount: Int
  public let device: Device
  /// In fp32: what stands before the first layer with weights.
  private let entry: [Stage]
  private let body: [Stage]
  private let headWeight: Tensor
  private let headBias: Tensor
  private let dtype: DType

  /// - Throws: ``RobustnessError/invalidSetting(name:reason:)`` for a network with an implicit layer, whose equation is
  ///   not solved in half the bits, `TorchError`.
  public init(_ network: DeployedNetwork, _ dtype: DType = .bfloat16) throws {
    func converted(_ values: Tensor) throws -> Tensor { try values.to(dtype) }
    for stage in network.body { try Self.requireExplicit(stage) }
    (inputShape, classCount, device) = (network.inputShape, network.classCount, network.device)
    let start = network.body.firstIndex { if case .normalize = $0.operation { false } else { true } } ?? 0
    entry = Array(network.body[..<start])
    body = try network.body[start...].map { try $0.mappingTensors(converted) }
    headWeight = try converted(network.headWeight)
    headBias = try converted(network.headBias)
    self.dtype = dtype
  }

  public func logits(_ pixels: Tensor) throws -> Tensor {
    try body.apply(entry.apply(pixels).to(dtype)).linear(headWeight, headBias).to(.float32)
  }

  private static func requireExplicit(_ stage: Stage) throws {
    switch stage.operation {
    case .implicit:
      throw RobustnessError.invalidSetting(
        name: "a search in bfloat16", reason: "does not solve the implicit layer \(stage.name): search in float32")
    case .residual(let shortcut, let branch, _): try (shortcut + branch).forEach(requireExplicit)
    case .highway(let shortcut, let gate, let branch): try (shortcut + gate + branch).forEach(requireExplicit)
    default: break
    }
  }
}
