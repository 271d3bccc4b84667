import TorchCore

/// One step of a deployed network, with its constants. Every attack, bound and certificate reads these cases, so a
/// computation that has no case cannot be deployed, and cannot be bounded by mistake.
public indirect enum Operation {
  /// (x − mean) / std per channel; both C.
  case normalize(mean: Tensor, std: Tensor)
  /// Zero-padded cross-correlation; weight out×in/groups×k×k, bias out.
  case convolution(weight: Tensor, bias: Tensor?, geometry: ConvolutionGeometry)
  /// x Wᵀ + b of N×F features, or of each token of N×T×D; weight out×in, bias out.
  case linear(weight: Tensor, bias: Tensor?)
  /// scale ⊙ x + shift per channel (C): what is left of a norm that could not fold into a convolution. A nil scale is
  /// 1.
  case affine(scale: Tensor?, shift: Tensor)
  /// Statistics of the sample itself, so it never folds; weight and bias C.
  case groupNorm(groups: Int, weight: Tensor, bias: Tensor, epsilon: Double)
  case relu
  /// Channels in pairs, i and i + C/2 of an even number C: the larger of both in place of the first, the smaller in
  /// place of the second. Source: Anil et al. 2019.
  case maxMin
  case maxPool(kernel: Int, stride: Int, padding: Int)
  case averagePool(kernel: Int, stride: Int, padding: Int)
  /// N×C×H×W → N×C.
  case globalAveragePool
  /// N×… → N×(everything else), in C, H, W order.
  case flatten
  /// h ↦ shortcut(h) + branchScale · branch(h); an empty shortcut is the identity.
  case residual(shortcut: [Stage], branch: [Stage], branchScale: Double)
  /// x times a number.
  case scale(Double)
  /// h ↦ (1 − t) ⊙ s + t ⊙ branch(h) with s = shortcut(h), t = σ(gate(s)).
  case highway(shortcut: [Stage], gate: [Stage], branch: [Stage])
  /// h ↦ z with z = h + step · branch(z).
  case implicit(branch: [Stage], step: Double)
  /// N×C×H×W → N×T×C: each pixel a token, row by row; T = H·W.
  case patches
  /// x + offset, a constant in the shape of a sample.
  case offset(Tensor)
  /// (x − mean) / √(variance + ε) · weight + bias over the features of each token N×T×D; weight and bias D.
  case layerNorm(weight: Tensor, bias: Tensor, epsilon: Double)
  /// x·Φ(x), Φ the standard normal distribution.
  case gelu
  /// softmax(Q Kᵀ/√d_h) V in each head; queries, keys and values side by side, N×T×3D → N×T×D.
  case attention(heads: Int)
  /// N×T×D → N×D.
  case tokenMean
}

/// An operation and its name in the network, such as `layer1.0.conv1`.
public struct Stage {
  public let name: String
  public let operation: Operation
  /// How much a task's correction may yet add to the norm of a linear operation: above 0 only where a bound is stated
  /// before the correction is learned.
  public let allowance: Double

  public init(_ name: String, _ operation: Operation, allowance: Double = 0) {
    self.name = name
    self.operation = operation
    self.allowance = allowance
  }
}

extension Stage {
  /// The output for an input batch.
  public func apply(_ x: Tensor) throws -> Tensor {
    switch operation {
    case .normalize(let mean, let std): try (x - mean.asChannels(like: x)) / std.asChannels(like: x)
    case .convolution(let weight, let bias, let geometry): try x.conv2d(weight, bias, geometry)
    case .linear(let weight, let bias): try x.linear(weight, bias)
    case .affine(let scale, let shift):
      if let scale {
        try shift.asChannels(like: x).addingProduct(x, scale.asChannels(like: x))
      } else {
        try x + shift.asChannels(like: x)
      }
    case .groupNorm(let groups, let weight, let bias, let epsilon):
      try x.groupNorm(groups: groups, weight: weight, bias: bias, epsilon: epsilon)
    case .relu: try x.relu()
    case .maxMin: try x.maxMin()
    case .maxPool(let kernel, let stride, let padding):
      try x.maxPool2d(kernel: kernel, stride: stride, padding: padding)
    case .averagePool(let kernel, let stride, let padding):
      try x.averagePool2d(kernel: kernel, stride: stride, padding: padding)
    case .globalAveragePool: try x.globalAveragePool()
    case .flatten: try x.flattened()
    case .residual(let shortcut, let branch, let branchScale):
      try shortcut.apply(x).addingScaled(branch.apply(x), branchScale)
    case .scale(let factor): try x * factor
    case .highway(let shortcut, let gate, let branch):
      try Self.highway(shortcut.apply(x), gate, branch.apply(x))
    case .implicit(let branch, let step):
      try backwardEulerStep(x, step: step, solver: .fitting(x.dtype), site: name) { try branch.apply($0) }
    case .patches: try x.reshaped([x.size(0), x.size(1), -1]).permuted([0, 2, 1])
    case .offset(let offset): try x + offset
    case .layerNorm(let weight, let bias, let epsilon):
      try x.layerNorm(weight.shape, weight: weight, bias: bias, epsilon: epsilon)
    case .gelu: try x.gelu()
    case .attention(let heads): try x.selfAttention(heads: heads)
    case .tokenMean: try x.mean([1])
    }
  }

  /// The ReLU of the output, for operations that have a form with it.
  fileprivate func activated(_ x: Tensor) throws -> Tensor? {
    switch operation {
    case .convolution(let weight, let bias, let geometry): try x.conv2d(weight, bias, geometry, activating: true)
    case .affine(let scale, let shift): try x.activatedAffine(scale: scale, shift: shift)
    default: nil
    }
  }

  private static func highway(_ carried: Tensor, _ gate: [Stage], _ transformed: Tensor) throws -> Tensor {
    try carried + gate.apply(carried).sigmoid() * (transformed - carried)
  }

  /// The same operation with every tensor passed through `transform`.
  public func mappingTensors(_ transform: (Tensor) throws -> Tensor) rethrows -> Stage {
    let mapped: Operation =
      switch operation {
      case .normalize(let mean, let std): try .normalize(mean: transform(mean), std: transform(std))
      case .convolution(let weight, let bias, let geometry):
        try .convolution(weight: transform(weight), bias: bias.map(transform), geometry: geometry)
      case .linear(let weight, let bias): try .linear(weight: transform(weight), bias: bias.map(transform))
      case .affine(let scale, let shift): try .affine(scale: scale.map(transform), shift: transform(shift))
      case .groupNorm(let groups, let weight, let bias, let epsilon):
        try .groupNorm(groups: groups, weight: transform(weight), bias: transform(bias), epsilon: epsilon)
      case .relu, .maxMin, .maxPool, .averagePool, .globalAveragePool, .flatten, .scale, .patches, .gelu, .attention,
        .tokenMean:
        operation
      case .offset(let offset): try .offset(transform(offset))
      case .layerNorm(let weight, let bias, let epsilon):
        try .layerNorm(weight: transform(weight), bias: transform(bias), epsilon: epsilon)
      case .residual(let shortcut, let branch, let branchScale):
        try .residual(
          shortcut: shortcut.map { try $0.mappingTensors(transform) },
          branch: branch.map { try $0.mappingTensors(transform) }, branchScale: branchScale)
      case .highway(let shortcut, let gate, let branch):
        try .highway(
          shortcut: shortcut.map { try $0.mappingTensors(transform) },
          gate: gate.map { try $0.mappingTensors(transform) },
          branch: branch.map { try $0.mappingTensors(transform) })
      case .implicit(let branch, let step):
        try .implicit(branch: branch.map { try $0.mappingTensors(transform) }, step: step)
      }
    return Stage(name, mapped, allowance: allowance)
  }
}

extension [Stage] {
  /// The stages one after another; a ReLU behind a layer that can take it along is part of that layer.
  public func apply(_ x: Tensor) throws -> Tensor {
    var (x, place) = (x, startIndex)
    while place < endIndex {
      if place + 1 < endIndex, case .relu = self[place + 1].operation, let activated = try self[place].activated(x) {
        (x, place) = (activated, place + 2)
      } else {
        (x, place) = (try self[place].apply(x), place + 1)
      }
    }
    return x
  }
}

extension Tensor {
  /// A vector over channels, shaped to broadcast over `x`: N×C×H×W, tokens N×T×C or N×C.
  func asChannels(like x: Tensor) throws -> Tensor { x.rank == 4 ? try reshaped([1, -1, 1, 1]) : self }

  /// self + scale · other.
  func addingScaled(_ other: Tensor, _ scale: Double) throws -> Tensor {
    scale == 1 ? try self + other : try self + other * scale
  }
}
