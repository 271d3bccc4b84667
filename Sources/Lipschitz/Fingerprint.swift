import ResidualNets
import TorchCore

extension DeployedNetwork {
  /// What tells networks apart: the norm of every constant and every number of every operation, in order. Equal for
  /// equal networks up to rounding, on any device and in any type that holds their constants exactly.
  func fingerprint() throws -> [Double] {
    var norms: [Double] = []
    _ = try mappingTensors { constant in
      norms.append(try constant.detached().to(.cpu).to(.float64).norm().item())
      return constant
    }
    return norms + stages.flatMap(\.numbers)
  }
}

extension Stage {
  /// The numbers of the operation that are no tensors; a different one of them makes another function of the same
  /// weights.
  var numbers: [Double] {
    switch operation {
    case .convolution(_, _, let geometry):
      (geometry.stride + geometry.padding + geometry.dilation + [geometry.groups]).map(Double.init)
    case .groupNorm(let groups, _, _, let epsilon): [Double(groups), epsilon]
    case .layerNorm(_, _, let epsilon): [epsilon]
    case .maxPool(let kernel, let stride, let padding), .averagePool(let kernel, let stride, let padding):
      [kernel, stride, padding].map(Double.init)
    case .attention(let heads): [Double(heads)]
    case .scale(let factor): [factor]
    case .residual(let shortcut, let branch, let scale): (shortcut + branch).flatMap(\.numbers) + [scale]
    case .highway(let shortcut, let gate, let branch): (shortcut + gate + branch).flatMap(\.numbers)
    case .implicit(let branch, let step): branch.flatMap(\.numbers) + [step]
    case .normalize, .linear, .affine, .relu, .maxMin, .gelu, .globalAveragePool, .flatten, .patches, .offset,
      .tokenMean:
      []
    }
  }
}
