import OperatorNorms
import ResidualNets
import TorchCore

/// A stage as a check runs it: in double precision, with sums in another order than the library's layers have, and with
/// bounds on what rounding does from the norms that a certificate states.
struct ReferenceStage {
  private let stage: Stage
  private let lipschitz: Double
  /// Bounds the operation with |weights|.
  private let absolute: Double
  private let shortcut: [ReferenceStage]
  private let branch: [ReferenceStage]

  /// - Parameter stages: in double precision.
  /// - Throws: ``Refusal`` where the certificate is not about these stages.
  static func stages(_ stages: [Stage], _ claims: [StageClaim], shape: inout SampleShape) throws -> [ReferenceStage] {
    guard stages.map(\.name) == claims.map(\.name) else {
      throw Refusal("network", "stages", .mismatch, "the certificate does not speak of every stage once")
    }
    return try zip(stages, claims).map { stage, claim in
      let input = shape
      shape = try stage.outputShape(of: input)
      return try ReferenceStage(stage, claim, input: input)
    }
  }

  private init(_ stage: Stage, _ claim: StageClaim, input: SampleShape) throws {
    self.stage = stage
    lipschitz = claim.upper
    absolute = try LinearStage(stage, input: input)?.checkedAbsoluteBound() ?? claim.upper
    var (one, other) = (input, input)
    switch (stage.operation, claim.block) {
    case (.residual(let shortcut, let branch, _), let block?):
      self.shortcut = try Self.stages(shortcut, block.shortcut, shape: &one)
      self.branch = try Self.stages(branch, block.branch, shape: &other)
    case (.implicit(let branch, _), let block?):
      shortcut = []
      self.branch = try Self.stages(branch, block.branch, shape: &other)
    case (.residual, nil), (.implicit, nil):
      throw Refusal(stage.name, "block", .mismatch, "nothing is said of its parts")
    default: (shortcut, branch) = ([], [])
    }
  }

  static func pass(_ stages: [ReferenceStage], _ state: inout ForwardError, basis: CertificateBasis) throws {
    for stage in stages { try stage.pass(&state, basis: basis) }
  }

  private func pass(_ state: inout ForwardError, basis: CertificateBasis) throws {
    switch stage.operation {
    case .residual(_, _, let scale):
      var (left, right) = (state, state)
      try Self.pass(shortcut, &left, basis: basis)
      try Self.pass(branch, &right, basis: basis)
      state = try ForwardError.sum(left, right, scale: scale, to: right.value * scale + left.value)
    case .implicit(_, let step):
      try passRoot(&state, step: step, basis: basis)
    default:
      try passLayer(&state, basis: basis)
    }
  }

  /// Wherever the search for z = h + step · F(z) ended, ẑ is at most the constant times its residual from the root.
  private func passRoot(_ state: inout ForwardError, step: Double, basis: CertificateBasis) throws {
    try require(basis)
    let root = try stage.apply(state.value)
    var field = try ForwardError(pixels: root)
    try Self.pass(branch, &field, basis: basis)
    let residual = try (field.value * step + state.value - root).flattened().norm(2, [1])
    let sizes = try state.norms() + field.norms() * abs(step) + root.flattened().norm(2, [1])
    let rounding = try sizes * Rounding.gamma(4) + field.double * abs(step)
    try state.passExactly(to: root, lipschitz: lipschitz)
    state.double = try state.double + (residual * (1 + 0x1p-30) + rounding) * lipschitz
  }

  private func passLayer(_ state: inout ForwardError, basis: CertificateBasis) throws {
    let x = state.value
    let output = try stage.appliedInAnotherOrder(x)
    /// The norm of a constant per channel, spread over the output's places.
    func spread(_ perChannel: Tensor?) throws -> Double {
      guard let perChannel else { return 0 }
      return try perChannel.norm().item()
        * Double(output.count / (output.size(0) * perChannel.count)).squareRoot()
    }
    func pass(inner: Int, biasNorm: Double = 0, passing: Double = 0) throws {
      try state.pass(
        to: output, lipschitz: lipschitz, absolute: absolute, inner: inner, biasNorm: biasNorm, passing: passing)
    }
    /// A norm with the statistics of groups of the sample's numbers: see `ForwardError`.
    func passSampleNorm(_ groups: Int, _ weight: Tensor, _ epsilon: Double, _ bias: Tensor) throws {
      try require(basis)
      try state.passSampleNorm(
        to: output, lipschitz: lipschitz, groups: groups, weight: weight.abs().max().item(), epsilon: epsilon,
        biasNorm: spread(bias))
    }
    switch stage.operation {
    case .normalize(let mean, let std): try pass(inner: 3, biasNorm: spread(mean / std), passing: spread(mean))
    case .convolution(let weight, let bias, _):
      try pass(inner: weight.count / weight.size(0) + 2, biasNorm: spread(bias))
    case .linear(let weight, let bias): try pass(inner: weight.size(1) + 2, biasNorm: spread(bias))
    case .affine(_, let shift): try pass(inner: 2, biasNorm: spread(shift))
    case .scale: try pass(inner: 1)
    case .averagePool(let kernel, _, _): try pass(inner: kernel * kernel + 2)
    case .globalAveragePool: try pass(inner: x.size(2) * x.size(3) + 2)
    case .tokenMean: try pass(inner: x.size(1) + 2)
    case .offset(let offset): try pass(inner: 2, biasNorm: offset.norm().item())
    case .gelu:
      try require(basis)
      try pass(inner: 32)
    case .groupNorm(let groups, let weight, let bias, let epsilon):
      try passSampleNorm(groups, weight, epsilon, bias)
    case .layerNorm(let weight, let bias, let epsilon):
      try passSampleNorm(x.count / (x.size(0) * weight.count), weight, epsilon, bias)
    case .relu, .maxMin, .maxPool, .flatten, .patches: try state.passExactly(to: output, lipschitz: lipschitz)
    case .highway, .attention, .residual, .implicit:
      throw Refusal(stage.name, "margin", .notConfirmed, "the check has no bound on the rounding of its kind")
    }
  }

  private func require(_ basis: CertificateBasis) throws {
    guard basis == .realArithmetic else {
      throw Refusal(stage.name, "basis", .notConfirmed, "its single-precision error has no bound")
    }
  }
}

extension Stage {
  /// The output with inner products summed in another order than the library's layers have: convolutions tap by tap,
  /// matrices from the last column to the first.
  fileprivate func appliedInAnotherOrder(_ x: Tensor) throws -> Tensor {
    switch operation {
    case .normalize(let mean, let std):
      let shape = x.rank == 4 ? [1, -1, 1, 1] : [-1]
      return try x / std.reshaped(shape) - (mean / std).reshaped(shape)
    case .convolution(let weight, let bias, let geometry):
      return try x.convolvedByTaps(weight, bias, geometry)
    case .linear(let weight, let bias):
      let product = try x.flipped([x.rank - 1]).matmul(weight.flipped([1]).transposed())
      return try bias.map { try product + $0 } ?? product
    case .globalAveragePool: return try x.sum([3]).sum([2]) / Double(x.size(2) * x.size(3))
    case .tokenMean: return try x.sum([1]) / Double(x.size(1))
    default: return try apply(x)
    }
  }
}

extension Tensor {
  /// Σ over the taps of W[:, :, a, b] · (the input that the tap reads).
  fileprivate func convolvedByTaps(_ weight: Tensor, _ bias: Tensor?, _ geometry: ConvolutionGeometry) throws -> Tensor
  {
    let kernel = [weight.size(2), weight.size(3)]
    let output = geometry.outputSize([size(2), size(3)], kernel: kernel)
    let (samples, groups, outputs) = (size(0), geometry.groups, weight.size(0))
    let padded = try padded(
      left: geometry.padding[1], right: geometry.padding[1], top: geometry.padding[0], bottom: geometry.padding[0])
    let matrices = try weight.reshaped([groups, outputs / groups, weight.size(1)] + kernel)
    var sum: Tensor?
    for row in 0..<kernel[0] {
      for column in 0..<kernel[1] {
        let read = try padded.read(2, row, output[0], geometry).read(3, column, output[1], geometry)
          .reshaped([samples, groups, weight.size(1), output[0] * output[1]])
        let matrix = try matrices.narrowed(3, from: row, count: 1).narrowed(4, from: column, count: 1)
          .reshaped([groups, outputs / groups, weight.size(1)])
        let product = try matrix.matmul(read)
        sum = try sum.map { try $0 + product } ?? product
      }
    }
    let result = try (sum ?? zerosLike()).reshaped([samples, outputs] + output)
    return try bias.map { try result + $0.reshaped([1, -1, 1, 1]) } ?? result
  }

  /// The positions along a dimension that a tap reads, one for each output.
  private func read(_ dimension: Int, _ tap: Int, _ outputs: Int, _ geometry: ConvolutionGeometry) throws -> Tensor {
    let axis = dimension - 2
    return try narrowed(
      dimension, from: tap * geometry.dilation[axis], count: (outputs - 1) * geometry.stride[axis] + 1
    ).strided(dimension, from: 0, step: geometry.stride[axis])
  }
}
