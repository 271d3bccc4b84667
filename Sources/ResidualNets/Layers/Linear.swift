import RandomStreams
import TorchCore

/// x ↦ x Wᵀ + b, optionally with ‖W‖₂ kept at or below a budget.
public final class Linear: Module {
  /// Where this layer sits in its network.
  public let site: String
  /// out×in.
  public let weight: Parameter
  public let bias: Parameter
  public let constraint: (any NormConstraint)?

  public enum Initialization: Sendable, Hashable {
    /// Weights and biases uniform on ±1/√in, as PyTorch initialises a linear layer.
    case uniform
    /// Weights normal with variance scale²·2/in (He et al. 2015), biases zero.
    case he(scale: Double)
    case zero
  }

  public init(
    site: String, inputs: Int, outputs: Int, budget: Double? = nil,
    constraint: NetworkDescription.ConstraintKind = .spectral, initialization: Initialization = .uniform,
    stream: RandomStream
  ) throws {
    self.site = site
    switch initialization {
    case .uniform:
      let bound = 1 / Double(inputs).squareRoot()
      weight = try Parameter((Tensor.uniform([outputs, inputs], stream.stream("weight")) * 2 - 1) * bound)
      bias = try Parameter((Tensor.uniform([outputs], stream.stream("bias")) * 2 - 1) * bound)
    case .he(let scale):
      let deviation = scale * (2 / Double(inputs)).squareRoot()
      weight = try Parameter(Tensor.normal([outputs, inputs], stream.stream("weight")) * deviation)
      bias = try Parameter(Tensor.zeros([outputs]))
    case .zero:
      weight = try Parameter(Tensor.zeros([outputs, inputs]))
      bias = try Parameter(Tensor.zeros([outputs]))
    }
    self.constraint = try budget.map {
      try constraint.make(budget: $0, vectorShape: [inputs], stream: stream.stream("constraint"))
    }
  }

  public func forward(_ x: Tensor, _ mode: Mode) throws -> Tensor {
    try x.linear(effectiveWeight(mode), bias.value)
  }

  /// The weight that acts: the parameter itself, or its constrained form.
  public func effectiveWeight(_ mode: Mode) throws -> Tensor {
    try constraint.map { try $0.constrain(matrix: weight.value, mode) } ?? weight.value
  }

  public func visit(_ members: inout Members) {
    members.parameter("weight", weight)
    members.parameter("bias", bias)
    members.child("constraint", constraint)
  }
}
