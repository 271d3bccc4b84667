import OperatorNorms
import RandomStreams
import ResidualNets
import TorchCore

/// Bounds stages in order, following the shape of a sample (`Stage.outputShape(of:)`), since a convolution's norm depends
/// on its input's size.
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
    func layer(_ upper: Double, absolute: Double? = nil, lower: Double? = nil, _ detail: String) throws -> StageBound {
      guard upper.isFinite, upper >= 0 else {
        throw LipschitzError.unboundable(layer: name, reason: "its constant is \(upper) (\(detail))")
      }
      return StageBound(
        name: name, upper: upper, kind: .layer(absolute: absolute ?? upper, lower: lower, detail: detail))
    }
    switch stage.operation {
    case .normalize(let mean, let std):
      let deviations = try std.doubles()
      let least = deviations.min() ?? 1
      guard deviations.allSatisfy({ $0 > 0 && $0.isFinite }), try mean.doubles().allSatisfy(\.isFinite) else {
        throw LipschitzError.unboundable(layer: name, reason: "a standard deviation is not positive and finite")
      }
      return try layer((1 / least).nextUp, "normalisation, 1/\(least)")

    case .convolution(let weight, let bias, let geometry):
      let size = try input.image(at: name).size
      let convolution = try ConvolutionOperator(weight: weight, geometry: geometry, inputSize: size)
      try requireFinite(bias, count: convolution.outputChannels, name)
      let bound = try OperatorNorm.bound(of: convolution)
      let lower =
        try powerIterations > 0
        ? OperatorNorm.lowerBound(of: convolution, iterations: powerIterations, stream: stream(name)) : nil
      let absolute = try OperatorNorm.absoluteBound(of: convolution)
      let kernel = convolution.kernel
      return try layer(
        bound.value.plusUp(stage.allowance), absolute: absolute, lower: lower,
        "convolution \(kernel[0])×\(kernel[1]), stride \(geometry.stride[0]), \(bound.method)")

    case .linear(let weight, let bias):
      // On tokens the operator is one copy of the matrix for each, which has the same norm.
      try requireFinite(bias, count: weight.size(0), name)
      let lower =
        try powerIterations > 0
        ? OperatorNorm.lowerBound(ofMatrix: weight, iterations: powerIterations, stream: stream(name)) : nil
      return try layer(
        OperatorNorm.upperBound(ofMatrix: weight).plusUp(stage.allowance),
        absolute: OperatorNorm.absoluteBound(ofMatrix: weight), lower: lower,
        "linear \(weight.size(1)) → \(weight.size(0))")

    case .affine(let scale, let shift):
      try requireFinite(shift, count: shift.count, name)
      try requireFinite(scale, count: shift.count, name)
      let largest = try scale?.doubles().map(abs).max() ?? 1
      return try layer(largest, scale == nil ? "shift" : "affine, largest |scale|")

    case .groupNorm(_, let weight, let bias, let epsilon):
      return try layer(
        sampleNorm("group norm", weight, bias, epsilon, name),
        "group norm: only max|γ|/√ε is known, usually useless")

    case .layerNorm(let weight, let bias, let epsilon):
      return try layer(
        sampleNorm("layer norm", weight, bias, epsilon, name),
        "layer norm: only max|γ|/√ε is known, usually useless")

    case .relu: return try layer(1, "ReLU")

    case .gelu: return try layer(Self.gelu, "GELU")

    case .maxPool(let kernel, let stride, _):
      // A pixel is in at most ⌈k/s⌉² windows, each of which picks one pixel.
      return try layer(Double((kernel + stride - 1) / stride), "max pool \(kernel)/\(stride), ⌈k/s⌉")

    case .averagePool(let kernel, let stride, _):
      let upper = (Double((kernel + stride - 1) / stride) / Double(kernel)).nextUp
      return try layer(upper, "average pool \(kernel)/\(stride), ⌈k/s⌉/k")

    case .globalAveragePool:
      let size = try input.image(at: name).size
      return try layer((1 / Double(size[0] * size[1]).squareRoot().nextDown).nextUp, "global average, 1/√(HW)")

    case .flatten: return try layer(1, "flatten")

    case .residual(let shortcut, let branch, let scale):
      guard scale.isFinite else {
        throw LipschitzError.unboundable(layer: name, reason: "its branch is scaled by \(scale)")
      }
      var (shortcutShape, branchShape) = (input, input)
      let shortcutBounds = try bound(shortcut, shape: &shortcutShape)
      let branchBounds = try bound(branch, shape: &branchShape)
      let upper = shortcutBounds.composed.plusUp(branchBounds.composed.timesUp(abs(scale)))
      guard upper.isFinite else {
        throw LipschitzError.unboundable(layer: name, reason: "the bound of the block exceeds the largest double")
      }
      return StageBound(
        name: name, upper: upper,
        kind: .residual(shortcut: shortcutBounds, branch: branchBounds, branchScale: scale))

    case .patches: return try layer(1, "patches as tokens")

    case .offset(let offset):
      try requireFinite(offset, count: input.count, name)
      return try layer(1, "constant added")

    case .tokenMean:
      let count = try input.tokens(at: name).count
      return try layer((1 / Double(count).squareRoot().nextDown).nextUp, "mean over tokens, 1/√T")

    case .attention:
      throw LipschitzError.unboundable(
        layer: name,
        reason: "dot-product self-attention has no finite Lipschitz constant (Kim et al. 2021), so a network with it "
          + "has no certificate: for certificates set network.architecture to resnet or mlp")

    case .scale(let factor): return try layer(abs(factor), "scale \(factor)")

    case .highway:
      throw LipschitzError.unboundable(
        layer: name,
        reason: "a highway gate multiplies two functions of the input, whose constant grows with the size of the input")

    case .implicit(let branch, let step):
      var branchShape = input
      let branchBounds = try bound(branch, shape: &branchShape)
      let reach = branchBounds.composed.timesUp(abs(step))
      guard reach < 1 else {
        throw LipschitzError.unboundable(
          layer: name,
          reason: "the root of a backward Euler step has the constant 1/(1 − τL) only where τL < 1, and here it is "
            + "\(reach): a smaller dynamics.step or a branchBudget gives it one")
      }
      return StageBound(
        name: name, upper: (1 / (1 - reach).nextDown).nextUp, kind: .implicit(branch: branchBounds, step: step))
    }
  }

  /// GELU's derivative Φ(x) + xφ(x) has itself the derivative (2 − x²)φ(x), so it is extreme at x = ±√2: there it is
  /// Φ(√2) + √2φ(√2) = 1.12890… and −0.12890….
  private static let gelu = 1.1290

  /// max|γ|/√ε: the Jacobian of (x − mean)/√(variance + ε) is a projection times at most 1/√ε.
  private func sampleNorm(
    _ kind: String, _ weight: Tensor, _ bias: Tensor, _ epsilon: Double, _ name: String
  ) throws -> Double {
    try requireFinite(weight, count: weight.count, name)
    try requireFinite(bias, count: weight.count, name)
    guard epsilon > 0 else {
      throw LipschitzError.unboundable(layer: name, reason: "\(kind) with ε = \(epsilon) has no finite constant")
    }
    return try ((weight.doubles().map(abs).max() ?? 0) / epsilon.squareRoot().nextDown).nextUp
  }

  /// Starting vectors that do not depend on the order of layers.
  private func stream(_ name: String) -> RandomStream { RandomStream(seed: 0).stream("lower bound").stream(name) }

  private func require(_ condition: Bool, _ layer: String, _ reason: @autoclosure () -> String) throws {
    guard condition else { throw LipschitzError.shape(layer: layer, reason: reason()) }
  }

  /// A constant that does not move the bound still has to be a number, or nothing could be said about the network.
  private func requireFinite(_ tensor: Tensor?, count: Int, _ layer: String) throws {
    guard let tensor else { return }
    try require(tensor.count == count, layer, "\(tensor.count) constants for \(count) channels")
    guard try tensor.doubles().allSatisfy(\.isFinite) else {
      throw LipschitzError.unboundable(layer: layer, reason: "a constant is infinite or NaN")
    }
  }
}
