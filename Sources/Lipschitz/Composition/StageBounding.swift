import OperatorNorms
import ResidualNets

/// Bounds stages in order, following the shape of a sample (`Stage.outputShape(of:)`), since a convolution's norm
/// depends on its input's size.
struct StageBounding {
  /// Iterations for each linear layer's lower bound; 0 leaves lower bounds out.
  let powerIterations: Int

  func bound(_ stages: [Stage], shape: inout SampleShape) throws -> [StageBound] {
    try stages.map { try bound($0, shape: &shape) }
  }

  func bound(_ stage: Stage, shape: inout SampleShape) throws -> StageBound {
    do {
      let input = shape
      shape = try stage.outputShape(of: input)
      return try boundChecked(stage, input: input)
    } catch let error as ShapeError {
      throw LipschitzError.shape(layer: error.layer, reason: error.reason)
    } catch let error as OperatorNormError {
      throw LipschitzError.unboundable(layer: stage.name, reason: error.description)
    }
  }

  private func boundChecked(_ stage: Stage, input: SampleShape) throws -> StageBound {
    let name = stage.name
    switch stage.operation {
    case .normalize(let mean, let std): return try normalize(name, mean, std)
    case .convolution(let weight, let bias, let geometry):
      return try convolution(stage, weight, bias, geometry, input: input)
    case .linear(let weight, let bias): return try linear(stage, weight, bias)
    case .affine(let scale, let shift): return try affine(name, scale, shift)
    case .groupNorm(_, let weight, let bias, let epsilon):
      return try sampleNorm(name, "group norm", weight, bias, epsilon)
    case .layerNorm(let weight, let bias, let epsilon):
      return try sampleNorm(name, "layer norm", weight, bias, epsilon)
    case .offset(let offset): return try constantAdded(name, offset, count: input.count)
    case .scale(let factor): return try layer(name, abs(factor), "scale \(factor)")
    case .relu: return try layer(name, 1, "ReLU")
    // Of two samples each pair is sorted, which brings them no further apart (Anil et al. 2019).
    case .maxMin: return try layer(name, 1, "MaxMin")
    case .gelu: return try layer(name, Self.gelu, "GELU")
    case .flatten: return try layer(name, 1, "flatten")
    case .patches: return try layer(name, 1, "patches as tokens")
    case .maxPool(let kernel, let stride, let padding):
      let size = try input.image(at: name).size
      return try maxPool(name, PoolingWindows(kernel: kernel, stride: stride, padding: padding, inputSize: size))
    case .averagePool(let kernel, let stride, let padding):
      let size = try input.image(at: name).size
      return try averagePool(name, PoolingWindows(kernel: kernel, stride: stride, padding: padding, inputSize: size))
    case .globalAveragePool:
      let size = try input.image(at: name).size
      return try mean(name, over: size[0] * size[1], "global average, 1/√(HW)")
    case .tokenMean: return try mean(name, over: input.tokens(at: name).count, "mean over tokens, 1/√T")
    case .residual(let shortcut, let branch, let scale):
      return try residual(name, shortcut, branch, scale: scale, input: input)
    case .implicit(let branch, let step): return try implicit(name, branch, step: step, input: input)
    case .attention:
      throw LipschitzError.unboundable(
        layer: name,
        reason:
          "dot-product self-attention has no finite Lipschitz constant (Kim et al. 2021) except on bounded tokens, "
          + "such as a layer norm lets through: DeployedNetwork.attentionBounds bounds it there. The norm's own constant, "
          + "max|γ|/√ϵ, makes the product useless, so a network with it has no certificate: for certificates set "
          + "architecture to resnet or mlp")
    case .highway:
      throw LipschitzError.unboundable(
        layer: name,
        reason: "a highway gate multiplies two functions of the input, whose constant grows with the size of the input")
    }
  }
}
