import OperatorNorms
import RandomStreams
import TorchCore

/// Keeps the norm of a layer's *true* operator (zero padding, stride and input size included) near or below a budget:
/// W ↦ W · c / max(c, σ(W)).
///
/// Source: Miyato et al. 2018, with the operator of Gouk et al. 2021 in place of the reshaped kernel. σ comes from
/// power iteration, so it is a lower bound and the constrained norm may exceed c slightly; the certified bound is
/// computed afterwards, from the deployed weights.
public final class SpectralConstraint: NormConstraint {
  /// c, the largest norm allowed.
  public let budget: Double
  /// The current estimate of the leading right singular vector.
  public let vector: Buffer

  public convenience init(budget: Double, vectorShape: [Int], stream: RandomStream) throws {
    let start = try Tensor.normal(vectorShape, stream)
    try self.init(budget: budget, vector: start / start.norm())
  }

  private init(budget: Double, vector: Tensor) throws {
    self.budget = budget
    self.vector = try Buffer(vector)
  }

  public func copy() throws -> any NormConstraint {
    try SpectralConstraint(budget: budget, vector: vector.value.clone())
  }

  public func constrain(matrix weight: Tensor, _ mode: Mode) throws -> Tensor {
    try constrain(weight, mode) { try PowerIteration.step(matrix: weight, v: $0) }
  }

  public func constrain(
    kernel weight: Tensor, _ geometry: ConvolutionGeometry, _ inputSize: [Int], _ mode: Mode
  ) throws -> Tensor {
    let convolution = try ConvolutionOperator(weight: weight, geometry: geometry, inputSize: inputSize)
    return try constrain(weight, mode) { try PowerIteration.step(convolution, v: $0) }
  }

  private func constrain(
    _ weight: Tensor, _ mode: Mode, _ step: (Tensor) throws -> (next: Tensor, sigma: Tensor)
  ) throws -> Tensor {
    // A copy, since a second pass may move the vector before the gradient of the first is taken.
    let v = try vector.value.clone()
    let (next, sigma) = try step(v)
    if mode == .training && !vector.isPinned {
      // A weight of zero annihilates every vector; the old one is as good as any.
      try vector.value.assign(next.norm().greater(0).select(next, v))
    }
    return try weight * (budget / sigma.maximum(Tensor.full(budget, [], dtype: sigma.dtype, device: sigma.device)))
  }

  public func visit(_ members: inout Members) { members.buffer("vector", vector) }
}
