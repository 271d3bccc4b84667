import Crypto
import ResidualNets
import TensorFiles
import TorchCore

extension DeployedNetwork {
  /// What tells networks apart: the SHA-256 of every constant in double precision, then the input's shape and every
  /// operation with its name and numbers, in order. Equal for equal networks, on any device and in any type that holds
  /// their constants exactly.
  func fingerprint() throws -> [String] {
    var marks: [String] = []
    _ = try mappingTensors { constant in
      let host = try constant.doublesOnCPU().contiguous().host()
      marks.append("\(host.shape) \(SHA256.hash(data: host.bytes).hexadecimal)")
      return constant
    }
    marks.append("\(inputShape)")
    for stage in stages { stage.describe(depth: 0) { marks.append($0) } }
    return marks
  }

  /// - Throws: ``LipschitzError/otherNetwork(reason:)`` where the bound is another network's.
  func requireIdentity(with bound: NetworkBound) throws {
    guard try fingerprint() == bound.fingerprint else {
      throw LipschitzError.otherNetwork(reason: "constants, shapes or operations differ")
    }
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
