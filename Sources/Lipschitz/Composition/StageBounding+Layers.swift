import OperatorNorms
import RandomStreams
import ResidualNets
import TorchCore

/// One bound for each kind of layer.
extension StageBounding {
  /// - Throws: ``LipschitzError/unboundable(layer:reason:)`` where the constant is no finite number.
  func layer(
    _ name: String, _ upper: Double, absolute: Double? = nil, lower: Double? = nil, _ detail: String
  ) throws -> StageBound {
    guard upper.isFinite, upper >= 0 else {
      throw LipschitzError.unboundable(layer: name, reason: "its constant is \(upper) (\(detail))")
    }
    return StageBound(name: name, upper: upper, kind: .layer(absolute: absolute ?? upper, lower: lower, detail: detail))
  }

  func normalize(_ name: String, _ mean: Tensor, _ std: Tensor) throws -> StageBound {
    let deviations = try std.doubles()
    let least = deviations.min() ?? 1
    guard deviations.allSatisfy({ $0 > 0 && $0.isFinite }), try mean.doubles().allSatisfy(\.isFinite) else {
      throw LipschitzError.unboundable(layer: name, reason: "a standard deviation is not positive and finite")
    }
    return try layer(name, (1 / least).nextUp, "normalisation, 1/\(least)")
  }

  func convolution(
    _ stage: Stage, _ weight: Tensor, _ bias: Tensor?, _ geometry: ConvolutionGeometry, input: SampleShape
  ) throws -> StageBound {
    let name = stage.name
    let size = try input.image(at: name).size
    let convolution = try ConvolutionOperator(weight: weight, geometry: geometry, inputSize: size)
    try requireFinite(bias, count: convolution.outputChannels, name)
    let bound = try OperatorNorm.bound(of: convolution)
    let lower =
      try powerIterations > 0
      ? OperatorNorm.lowerBound(of: convolution, iterations: powerIterations, stream: stream(name)) : nil
    let absolute = try OperatorNorm.absoluteBound(of: convolution)
    let kernel = convolution.kernel
    var layer = try layer(
      name, bound.value.plusUp(stage.allowance), absolute: absolute, lower: lower,
      "convolution \(kernel[0])×\(kernel[1]), stride \(geometry.stride[0]), \(bound.method)")
    layer.method = bound.method
    return layer
  }

  func linear(_ stage: Stage, _ weight: Tensor, _ bias: Tensor?) throws -> StageBound {
    let name = stage.name
    // On tokens the operator is one copy of the matrix for each, which has the same norm.
    try requireFinite(bias, count: weight.size(0), name)
    let lower =
      try powerIterations > 0
      ? OperatorNorm.lowerBound(ofMatrix: weight, iterations: powerIterations, stream: stream(name)) : nil
    return try layer(
      name, OperatorNorm.upperBound(ofMatrix: weight).plusUp(stage.allowance),
      absolute: OperatorNorm.absoluteBound(ofMatrix: weight), lower: lower,
      "linear \(weight.size(1)) → \(weight.size(0))")
  }

  func affine(_ name: String, _ scale: Tensor?, _ shift: Tensor) throws -> StageBound {
    try requireFinite(shift, count: shift.count, name)
    try requireFinite(scale, count: shift.count, name)
    let largest = try scale?.doubles().map(abs).max() ?? 1
    return try layer(name, largest, scale == nil ? "shift" : "affine, largest |scale|")
  }

  /// max|γ|/√ε: the Jacobian of (x − mean)/√(variance + ε) is a projection times at most 1/√ε.
  func sampleNorm(
    _ name: String, _ kind: String, _ weight: Tensor, _ bias: Tensor, _ epsilon: Double
  ) throws -> StageBound {
    try requireFinite(weight, count: weight.count, name)
    try requireFinite(bias, count: weight.count, name)
    guard epsilon > 0 else {
      throw LipschitzError.unboundable(layer: name, reason: "\(kind) with ε = \(epsilon) has no finite constant")
    }
    let upper = try ((weight.doubles().map(abs).max() ?? 0) / epsilon.squareRoot().nextDown).nextUp
    return try layer(name, upper, "\(kind): only max|γ|/√ε is known, usually useless")
  }

  func constantAdded(_ name: String, _ offset: Tensor, count: Int) throws -> StageBound {
    try requireFinite(offset, count: count, name)
    return try layer(name, 1, "constant added")
  }

  func maxPool(_ name: String, _ windows: PoolingWindows) throws -> StageBound {
    try layer(name, windows.maximumNorm, "max pool \(windows.kernel)/\(windows.stride), windows that share a pixel")
  }

  func averagePool(_ name: String, _ windows: PoolingWindows) throws -> StageBound {
    try layer(name, windows.meanNorm(), "average pool \(windows.kernel)/\(windows.stride), its matrix")
  }

  /// A mean over n places has the constant 1/√n.
  func mean(_ name: String, over count: Int, _ detail: String) throws -> StageBound {
    try layer(name, (1 / Double(count).squareRoot().nextDown).nextUp, detail)
  }

  /// GELU's derivative Φ(x) + xφ(x) has itself the derivative (2 − x²)φ(x), so it is extreme at x = ±√2: there it is
  /// Φ(√2) + √2φ(√2) = 1.12890… and −0.12890….
  static let gelu = 1.1290

  /// Starting vectors that do not depend on the order of layers.
  private func stream(_ name: String) -> RandomStream { RandomStream(seed: 0).stream("lower bound").stream(name) }

  /// A constant that does not move the bound still has to be a number, or nothing could be said about the network.
  func requireFinite(_ tensor: Tensor?, count: Int, _ layer: String) throws {
    guard let tensor else { return }
    guard tensor.count == count else {
      throw LipschitzError.shape(layer: layer, reason: "\(tensor.count) constants for \(count) channels")
    }
    guard try tensor.doubles().allSatisfy(\.isFinite) else {
      throw LipschitzError.unboundable(layer: layer, reason: "a constant is infinite or NaN")
    }
  }
}
