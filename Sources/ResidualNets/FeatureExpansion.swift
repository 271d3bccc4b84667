import RandomStreams
import TorchCore

/// f ↦ φ(W f) with a W that is drawn once and never learned: many random features of few, so that a linear head behind
/// them can tell apart what it could not tell apart before.
///
/// Source: McDonnell et al. 2023 (RanPAC), W standard normal, φ the ReLU, no bias.
public final class FeatureExpansion: Module {
  /// M×F.
  public let weight: Buffer

  /// - Parameters:
  ///   - inputs: F, the features of the trunk.
  ///   - outputs: M, the random features.
  public init(inputs: Int, outputs: Int, stream: RandomStream) throws {
    weight = try Buffer(Tensor.normal([outputs, inputs], stream))
  }

  /// M.
  public var outputs: Int { weight.value.size(0) }

  /// N×M of features N×F.
  public func forward(_ features: Tensor) throws -> Tensor { try features.linear(weight.value).relu() }

  /// The same function as stages behind a readout whose features are still to be multiplied by `featureScale` (F,
  /// float64).
  func deployed(behind featureScale: Tensor?) throws -> [Stage] {
    let drawn = weight.value
    let scaled = try featureScale.map { try (drawn.to(.float64) * $0).to(drawn.dtype) } ?? drawn
    return [Stage("expansion", .linear(weight: scaled, bias: nil)), Stage("expansion.relu", .relu)]
  }

  public func visit(_ members: inout Members) { members.buffer("weight", weight) }
}
