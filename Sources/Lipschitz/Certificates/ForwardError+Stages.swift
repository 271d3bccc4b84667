import OperatorNorms
import ResidualNets
import TorchCore

extension ForwardError {
  /// Past stages one after another; `bounds` are theirs.
  mutating func pass(_ stages: [Stage], _ bounds: [StageBound], basis: CertificateBasis) throws {
    guard stages.map(\.name) == bounds.map(\.name) else {
      throw LipschitzError.otherNetwork(reason: "layers \(bounds.map(\.name)) meet \(stages.map(\.name))")
    }
    for (stage, bound) in zip(stages, bounds) { try pass(stage, bound, basis: basis) }
  }

  private mutating func pass(_ stage: Stage, _ bound: StageBound, basis: CertificateBasis) throws {
    switch (stage.operation, bound.kind) {
    case (.residual(let shortcut, let branch, let scale), .residual(let first, let second, let boundScale)):
      guard scale == boundScale else {
        throw LipschitzError.otherNetwork(reason: "block '\(stage.name)' is scaled by \(scale), not \(boundScale)")
      }
      var (left, right) = (self, self)
      try left.pass(shortcut, first, basis: basis)
      try right.pass(branch, second, basis: basis)
      let output = try scale == 1 ? left.value + right.value : left.value + right.value * scale
      self = try ForwardError.sum(left, right, scale: scale, to: output)
    case (.implicit(let branch, let step), .implicit(let bounds, let boundStep)):
      guard step == boundStep else {
        throw LipschitzError.otherNetwork(reason: "block '\(stage.name)' steps by \(step), not \(boundStep)")
      }
      try passRoot(stage, branch, bounds, step: step, lipschitz: bound.upper, basis: basis)
    case (.residual, _), (_, .residual), (.implicit, _), (_, .implicit):
      throw LipschitzError.otherNetwork(reason: "stage '\(stage.name)' is of another kind")
    case (_, .layer(let absolute, _, _)):
      try passLayer(stage, lipschitz: bound.upper, absolute: absolute, basis: basis)
    }
  }

  /// Past z = h + step · F(z). Wherever a search ended, the distance of its ẑ from the root is at most the constant of
  /// the block times the residual h + step · F(ẑ) − ẑ.
  private mutating func passRoot(
    _ stage: Stage, _ branch: [Stage], _ bounds: [StageBound], step: Double, lipschitz: Double, basis: CertificateBasis
  ) throws {
    guard basis == .realArithmetic else {
      throw LipschitzError.unsupportedBasis(
        reason: "where the single-precision root search of '\(stage.name)' ends has no bound beforehand")
    }
    let root = try stage.apply(value)
    var field = try ForwardError(pixels: root)
    try field.pass(branch, bounds, basis: basis)
    let residual = try (value + field.value * step - root).flattened().norm(2, [1])
    let sizes = try norms() + field.norms() * abs(step) + root.flattened().norm(2, [1])
    let rounding = try sizes * Rounding.gamma(4) + field.double * abs(step)
    try passExactly(to: root, lipschitz: lipschitz)
    double = try double + (residual * (1 + 0x1p-30) + rounding) * lipschitz
  }

  private mutating func passLayer(
    _ stage: Stage, lipschitz: Double, absolute: Double, basis: CertificateBasis
  ) throws {
    let output = try stage.apply(value)
    /// The norm of a constant per channel, spread over the output's pixels or tokens.
    func spread(_ perChannel: Tensor?) throws -> Double {
      guard let perChannel else { return 0 }
      let places = output.count / (output.size(0) * perChannel.count)
      return try perChannel.norm().item() * Double(places).squareRoot()
    }
    switch stage.operation {
    case .relu, .maxMin, .maxPool, .flatten, .patches, .residual, .implicit:
      try passExactly(to: output, lipschitz: lipschitz)
    case .scale: try pass(to: output, lipschitz: lipschitz, absolute: absolute, inner: 1)
    case .highway:
      throw LipschitzError.unboundable(layer: stage.name, reason: "a highway gate has no constant")
    case .attention:
      throw LipschitzError.unboundable(layer: stage.name, reason: "self-attention has no constant")
    case .normalize(let mean, let std):
      try pass(
        to: output, lipschitz: lipschitz, absolute: absolute, inner: 3, biasNorm: spread(mean / std),
        passing: spread(mean))
    case .affine(_, let shift):
      try pass(to: output, lipschitz: lipschitz, absolute: absolute, inner: 2, biasNorm: spread(shift))
    case .convolution(let weight, let bias, _):
      try pass(
        to: output, lipschitz: lipschitz, absolute: absolute, inner: weight.count / weight.size(0) + 2,
        biasNorm: spread(bias))
    case .linear(let weight, let bias):
      try pass(
        to: output, lipschitz: lipschitz, absolute: absolute, inner: weight.size(1) + 2, biasNorm: spread(bias))
    case .averagePool(let kernel, _, _):
      try pass(to: output, lipschitz: lipschitz, absolute: absolute, inner: kernel * kernel + 2)
    case .globalAveragePool:
      try pass(to: output, lipschitz: lipschitz, absolute: absolute, inner: value.size(2) * value.size(3) + 2)
    case .groupNorm(let groups, let weight, let bias, let epsilon):
      try requireRealArithmetic("group norm", stage, basis)
      try passSampleNorm(
        to: output, lipschitz: lipschitz, groups: groups, weight: weight.abs().max().item(), epsilon: epsilon,
        biasNorm: spread(bias))
    case .layerNorm(let weight, let bias, let epsilon):
      try requireRealArithmetic("layer norm", stage, basis)
      try passSampleNorm(
        to: output, lipschitz: lipschitz, groups: value.count / (value.size(0) * weight.count),
        weight: weight.abs().max().item(), epsilon: epsilon, biasNorm: spread(bias))
    case .gelu:
      try requireRealArithmetic("GELU", stage, basis)
      // x·Φ(x) = x · (1 + erf(x/√2))/2: each of five steps errs by a few units of |x|, erf in double precision among
      // them.
      try pass(to: output, lipschitz: lipschitz, absolute: absolute, inner: 32)
    case .offset(let offset):
      try pass(
        to: output, lipschitz: lipschitz, absolute: absolute, inner: 2, biasNorm: offset.norm().item())
    case .tokenMean:
      try pass(to: output, lipschitz: lipschitz, absolute: absolute, inner: value.size(1) + 2)
    }
  }

  private func requireRealArithmetic(_ kind: String, _ stage: Stage, _ basis: CertificateBasis) throws {
    guard basis == .realArithmetic else {
      throw LipschitzError.unsupportedBasis(
        reason: "the single-precision error of \(kind) '\(stage.name)' has no bound")
    }
  }
}
