import ResidualNets
import TorchCore

/// A deployed network that computes in bfloat16 behind its normalisation: pixels come in and logits go out in fp32. Made
/// for searching; what it says is no verdict.
public struct ReducedPrecision: Classifier {
  public let inputShape: [Int]
  public let classCount: Int
  public let device: Device
  private let stages: ReducedStages

  /// - Throws: ``RobustnessError/invalidSetting(name:reason:)`` for a network with an implicit layer, whose equation is
  ///   not solved in half the bits, `TorchError`.
  public init(_ network: DeployedNetwork) throws {
    (inputShape, classCount, device) = (network.inputShape, network.classCount, network.device)
    do {
      stages = try ReducedStages(network.stages)
    } catch let error as DescriptionError {
      throw RobustnessError.invalidSetting(name: "a search in bfloat16", reason: "\(error)")
    }
  }

  public func logits(_ pixels: Tensor) throws -> Tensor { try stages.apply(pixels) }
}
