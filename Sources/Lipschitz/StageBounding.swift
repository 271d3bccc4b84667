import OperatorNorms
import RandomStreams
import ResidualNets
import TorchCore

/// Bounds stages in order, following the shape of a sample, since a convolution's norm depends on its input's size.
struct StageBounding {
  /// Iterations for each linear layer's lower bound; 0 leaves lower bounds out.
  let powerIterations: Int

  func bound(_ stages: [Stage], shape: inout SampleShape) throws -> [StageBound] {
    try stages.map { try bound($0, shape: &shape) }
  }

  func bound(_ stage: Stage, shape: inout SampleShape) throws -> StageBound {
    do {
      return try boundChecked(stage, shape: &shape)
    } catch let error as OperatorNormError {
      throw LipschitzError.unboundable(layer: stage.name, reason: error.description)
    }
  }

  private func boundChecked(_ stage: Stage, shape: inout SampleShape) throws -> StageBound {
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
      try shape.require(channels: deviations.count, at: name)
      let least = deviations.min() ?? 1
      guard deviations.allSatisfy({ $0 > 0 && $0.isFinite }), try mean.doubles().allSatisfy(\.isFinite) else {
        throw LipschitzError.unboundable(layer: name, reason: "a standard deviation is not positive and finite")
      }
      return try layer((1 / least).nextUp, "normalisation, 1/\(least)")

    case .convolution(let weight, let bias, let geometry):
      let (channels, size) = try shape.image(at: name)
      let convolution = try ConvolutionOperator(weight: weight, geometry: geometry, inputSize: size)
      try require(channels == convolution.inputChannels, name, "it has \(convolution.inputChannels) input channels")
      try requireFinite(bias, count: convolution.outputChannels, name)
      shape = SampleShape(lengths: [convolution.outputChannels] + convolution.outputSize)
      let bound = try OperatorNorm.bound(of: convolution)
      let lower =
        try powerIterations > 0
        ? OperatorNorm.lowerBound(of: convolution, iterations: powerIterations, stream: stream(name)) : nil
      let absolute = try OperatorNorm.absoluteBound(of: convolution)
      let kernel = convolution.kernel
      return try layer(
        bound.value, absolute: absolute, lower: lower,
        "convolution \(kernel[0])×\(kernel[1]), stride \(geometry.stride[0]), \(bound.method)")

    case .linear(let weight, let bias):
      guard weight.rank == 2, (1...2).contains(shape.lengths.count), shape.lengths.last == weight.size(1) else {
        throw LipschitzError.shape(
          layer: name, reason: "a weight of \(weight.shape) meets an input of \(shape.lengths)")
      }
      try requireFinite(bias, count: weight.size(0), name)
      // On tokens the operator is one copy of the matrix for each, which has the same norm.
      shape = SampleShape(lengths: shape.lengths.dropLast() + [weight.size(0)])
      let lower =
        try powerIterations > 0
        ? OperatorNorm.lowerBound(ofMatrix: weight, iterations: powerIterations, stream: stream(name)) : nil
      return try layer(
        OperatorNorm.upperBound(ofMatrix: weight), absolute: OperatorNorm.absoluteBound(ofMatrix: weight), lower: lower,
        "linear \(weight.size(1)) → \(weight.size(0))")

    case .affine(let scale, let shift):
      try shape.require(channels: shift.count, at: name)
      try requireFinite(shift, count: shift.count, name)
      try requireFinite(scale, count: shift.count, name)
      let largest = try scale?.doubles().map(abs).max() ?? 1
      return try layer(largest, scale == nil ? "shift" : "affine, largest |scale|")

    case .groupNorm(_, let weight, let bias, let epsilon):
      try require(shape.lengths.count != 2, name, "group norm takes channels of an image, not tokens")
      try shape.require(channels: weight.count, at: name)
      return try layer(
        sampleNorm("group norm", weight, bias, epsilon, name),
        "group norm: only max|γ|/√ε is known, usually useless")

    case .layerNorm(let weight, let bias, let epsilon):
      let width = try shape.tokens(at: name).width
      try require(width == weight.count, name, "it has \(weight.count) features, but gets tokens of \(width)")
      return try layer(
        sampleNorm("layer norm", weight, bias, epsilon, name),
        "layer norm: only max|γ|/√ε is known, usually useless")

    case .relu: return try layer(1, "ReLU")

    case .gelu: return try layer(Self.gelu, "GELU")

    case .maxPool(let kernel, let stride, let padding):
      shape = try shape.pooled(kernel: kernel, stride: stride, padding: padding, at: name)
      // A pixel is in at most ⌈k/s⌉² windows, each of which picks one pixel.
      return try layer(Double((kernel + stride - 1) / stride), "max pool \(kernel)/\(stride), ⌈k/s⌉")

    case .averagePool(let kernel, let stride, let padding):
      shape = try shape.pooled(kernel: kernel, stride: stride, padding: padding, at: name)
      let upper = (Double((kernel + stride - 1) / stride) / Double(kernel)).nextUp
      return try layer(upper, "average pool \(kernel)/\(stride), ⌈k/s⌉/k")

    case .globalAveragePool:
      let (channels, size) = try shape.image(at: name)
      shape = SampleShape(lengths: [channels])
      return try layer((1 / Double(size[0] * size[1]).squareRoot().nextDown).nextUp, "global average, 1/√(HW)")

    case .flatten:
      shape = SampleShape(lengths: [shape.count])
      return try layer(1, "flatten")

    case .residual(let shortcut, let branch, let scale):
      guard scale.isFinite else {
        throw LipschitzError.unboundable(layer: name, reason: "its branch is scaled by \(scale)")
      }
      var (shortcutShape, branchShape) = (shape, shape)
      let shortcutBounds = try bound(shortcut, shape: &shortcutShape)
      let branchBounds = try bound(branch, shape: &branchShape)
      guard shortcutShape == branchShape else {
        throw LipschitzError.shape(
          layer: name, reason: "shortcut \(shortcutShape.lengths) and branch \(branchShape.lengths) do not add")
      }
      shape = shortcutShape
      let upper = shortcutBounds.composed.plusUp(branchBounds.composed.timesUp(abs(scale)))
      guard upper.isFinite else {
        throw LipschitzError.unboundable(layer: name, reason: "the bound of the block exceeds the largest double")
      }
      return StageBound(
        name: name, upper: upper,
        kind: .residual(shortcut: shortcutBounds, branch: branchBounds, branchScale: scale))

    case .patches:
      let (channels, size) = try shape.image(at: name)
      shape = SampleShape(lengths: [size[0] * size[1], channels])
      return try layer(1, "patches as tokens")

    case .offset(let offset):
      try require(offset.shape == shape.lengths, name, "a constant of \(offset.shape) meets \(shape.lengths)")
      try requireFinite(offset, count: shape.count, name)
      return try layer(1, "constant added")

    case .tokenMean:
      let (count, width) = try shape.tokens(at: name)
      shape = SampleShape(lengths: [width])
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
      let start = shape
      let branchBounds = try bound(branch, shape: &shape)
      guard shape == start else {
        throw LipschitzError.shape(layer: name, reason: "its branch makes \(shape.lengths) of \(start.lengths)")
      }
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
