import RandomStreams
import TorchCore

/// Keeps the norm of a layer's *true* operator (zero padding, stride and input size included) near or below a budget:
/// W ↦ W · c / max(c, σ(W)).
///
/// Source: Miyato et al. 2018, with the operator of Gouk et al. 2021 in place of the reshaped kernel. σ comes from power
/// iteration, so it is a lower bound and the constrained norm may exceed c slightly; the certified bound is computed
/// afterwards, from the deployed weights.
public final class SpectralConstraint: Module {
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

  /// A constraint of its own with the same budget, for a task's adapter.
  func copy() throws -> SpectralConstraint { try SpectralConstraint(budget: budget, vector: vector.value.clone()) }

  func constrain(matrix weight: Tensor, _ mode: Mode) throws -> Tensor {
    try constrain(weight, mode) { try $0.reshaped([1, -1]).linear(weight) }
  }

  func constrain(
    kernel weight: Tensor, _ geometry: ConvolutionGeometry, _ inputSize: [Int], _ mode: Mode
  ) throws -> Tensor {
    try constrain(weight, mode) { try $0.conv2d(weight, nil, geometry) }
  }

  private func constrain(_ weight: Tensor, _ mode: Mode, applying apply: (Tensor) throws -> Tensor) throws -> Tensor {
    if mode == .training && !vector.isPinned { try improveVector(apply) }
    // ‖A v‖ at the unit vector v: its gradient with respect to W is that of the singular value. A copy, since a second
    // pass may move the vector before the gradient of the first is taken.
    let sigma = try apply(vector.value.clone()).norm()
    return try weight * (budget / sigma.maximum(Tensor.full(budget, [], dtype: sigma.dtype, device: sigma.device)))
  }

  /// One step of power iteration, v ← A*A v / ‖A*A v‖; A* by automatic differentiation.
  private func improveVector(_ apply: (Tensor) throws -> Tensor) throws {
    let v = try vector.value.asLeaf()
    let next = try withGradients {
      let image = try apply(v)
      return try gradients(of: image, seed: image.detached(), withRespectTo: [v])[0]
    }
    guard let next else { return }
    let length = try next.norm()
    // A weight of zero annihilates every vector; the old one is as good as any.
    guard try length.item() > 0 else { return }
    try vector.value.assign(next / length)
  }

  public func visit(_ members: inout Members) { members.buffer("vector", vector) }
}
