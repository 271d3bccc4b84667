import OperatorNorms
import RandomStreams
import ResidualNets
import TorchCore

/// A differentiable estimate of the bound that a certificate rests on, for training: the same composition as
/// ``ResidualNets/DeployedNetwork/lipschitzBound(powerIterations:)``, with power iteration in place of a rigorous
/// bound.
///
/// Layers in sequence multiply; a residual block is ‖shortcut‖ + |scale| · ‖branch‖. The norm of a linear layer is
/// ⟨u, A v⟩ with v and u = Av/‖Av‖ held constant after some steps from a random start, so it is one from below. Nothing
/// is kept from one estimate to the next.
public struct NormEstimate {
  /// Steps of power iteration for each linear layer, at least 1.
  public var iterations: Int
  /// Starting vectors are drawn from it, each from the stream of its layer's name.
  public var stream: RandomStream

  public init(iterations: Int = 8, stream: RandomStream) {
    self.iterations = iterations
    self.stream = stream
  }

  /// A scalar, the constant of the stages one after another.
  /// - Throws: ``LipschitzError/unboundable(layer:reason:)`` naming the first layer without an estimate worth training.
  public func norm(of stages: [Stage], input: SampleShape) throws -> Tensor {
    var shape = input
    return try norm(of: stages, &shape) ?? Tensor.ones([])
  }

  /// Nil for none.
  private func norm(of stages: [Stage], _ shape: inout SampleShape) throws -> Tensor? {
    var product: Tensor?
    for stage in stages {
      let input = shape
      shape = try stage.outputShape(of: input)
      let factor = try norm(of: stage, input)
      product = try product.map { try $0 * factor } ?? factor
    }
    return product
  }

  private func norm(of stage: Stage, _ input: SampleShape) throws -> Tensor {
    switch stage.operation {
    case .convolution(let weight, _, let geometry):
      let size = try input.image(at: stage.name).size
      let convolution = try ConvolutionOperator(weight: weight, geometry: geometry, inputSize: size)
      return try largest(stage.name, [1, convolution.inputChannels] + size, weight) {
        try PowerIteration.step(convolution, v: $0)
      }
    case .linear(let weight, _):
      return try largest(stage.name, [weight.size(1)], weight) { try PowerIteration.step(matrix: weight, v: $0) }
    case .affine(let scale, _): return try scale?.abs().max() ?? Tensor.ones([])
    case .residual(let shortcut, let branch, let scale):
      var (one, other) = (input, input)
      let carried = try norm(of: shortcut, &one)
      let corrected = try (norm(of: branch, &other) ?? Tensor.ones([])) * abs(scale)
      return try carried.map { try $0 + corrected } ?? corrected + 1
    case .implicit, .groupNorm, .layerNorm:
      throw LipschitzError.unboundable(
        layer: stage.name, reason: "its constant cannot be estimated well enough to train against")
    default:
      var shape = input
      return try Tensor.full(StageBounding(powerIterations: 0).bound(stage, shape: &shape).upper, [])
    }
  }

  private func largest(
    _ name: String, _ shape: [Int], _ weight: Tensor, _ step: (Tensor) throws -> (next: Tensor, sigma: Tensor)
  ) throws -> Tensor {
    let start = try Tensor.normal(shape, stream.stream(name), dtype: weight.dtype).to(weight.device)
    let v = try withoutGradients {
      try (1..<max(1, iterations)).reduce(start / start.norm()) { v, _ in try step(v).next }
    }
    return try step(v).sigma
  }
}
