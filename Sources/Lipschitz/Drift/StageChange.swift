import ResidualNets
import TorchCore

/// What was added to an operation between two networks of one structure: ΔT with T′ = T + ΔT.
enum StageChange {
  case nothing
  /// An operation of the same kind, made of the differences of the constants.
  case operation(Stage, StageBound)
  /// A constant of this norm, whatever comes in.
  case constant(norm: Double)

  /// - Parameters:
  ///   - old: constants in double precision, as are those of `new`.
  ///   - input: the shape of what comes in.
  /// - Throws: ``LipschitzError/differentStructure(layer:reason:)`` where the operations differ in more than constants.
  init(from old: Stage, to new: Stage, input: SampleShape) throws {
    func different(_ reason: String) -> LipschitzError { .differentStructure(layer: old.name, reason: reason) }
    func change(_ a: Tensor, _ b: Tensor) throws -> Tensor {
      guard a.shape == b.shape else { throw different("constants of shape \(a.shape) became \(b.shape)") }
      return try b - a
    }
    /// A bias that is not there is 0, a scale 1.
    func change(_ a: Tensor?, _ b: Tensor?, absent: Double) throws -> Tensor? {
      guard let present = a ?? b else { return nil }
      let missing = try Tensor.full(absent, present.shape, dtype: present.dtype)
      return try change(a ?? missing, b ?? missing)
    }
    func same(_ holds: Bool) throws {
      guard holds else { throw different("its settings changed") }
    }
    let operation: Operation
    let differences: [Tensor?]
    switch (old.operation, new.operation) {
    case (.convolution(let w, let b, let geometry), .convolution(let w2, let b2, let geometry2)):
      try same(geometry == geometry2)
      let (weight, bias) = try (change(w, w2), change(b, b2, absent: 0))
      operation = .convolution(weight: weight, bias: bias, geometry: geometry)
      differences = [weight, bias]
    case (.linear(let w, let b), .linear(let w2, let b2)):
      let (weight, bias) = try (change(w, w2), change(b, b2, absent: 0))
      operation = .linear(weight: weight, bias: bias)
      differences = [weight, bias]
    case (.affine(let s, let t), .affine(let s2, let t2)):
      let (scale, shift) = try (change(s, s2, absent: 1), change(t, t2))
      operation = .affine(scale: try scale ?? shift.zerosLike(), shift: shift)
      differences = [scale, shift]
    case (.groupNorm(let groups, let w, let b, let epsilon), .groupNorm(let groups2, let w2, let b2, let epsilon2)):
      try same(groups == groups2 && epsilon == epsilon2)
      let (weight, bias) = try (change(w, w2), change(b, b2))
      operation = .groupNorm(groups: groups, weight: weight, bias: bias, epsilon: epsilon)
      differences = [weight, bias]
    case (.layerNorm(let w, let b, let epsilon), .layerNorm(let w2, let b2, let epsilon2)):
      try same(epsilon == epsilon2)
      let (weight, bias) = try (change(w, w2), change(b, b2))
      operation = .layerNorm(weight: weight, bias: bias, epsilon: epsilon)
      differences = [weight, bias]
    case (.offset(let a), .offset(let b)):
      let norm = try change(a, b).norm().item()
      self = norm == 0 ? .nothing : .constant(norm: norm)
      return
    case (.normalize(let mean, let std), .normalize(let mean2, let std2)):
      guard try Self.isNothing([change(mean, mean2), change(std, std2)]) else {
        throw different("pixels are normalised by other statistics")
      }
      self = .nothing
      return
    case (.maxPool(let k, let s, let p), .maxPool(let k2, let s2, let p2)),
      (.averagePool(let k, let s, let p), .averagePool(let k2, let s2, let p2)):
      try same((k, s, p) == (k2, s2, p2))
      self = .nothing
      return
    case (.scale(let factor), .scale(let factor2)):
      try same(factor == factor2)
      self = .nothing
      return
    case (.relu, .relu), (.maxMin, .maxMin), (.gelu, .gelu), (.globalAveragePool, .globalAveragePool),
      (.flatten, .flatten), (.patches, .patches), (.tokenMean, .tokenMean):
      self = .nothing
      return
    default:
      let isSameKind = old.operation.kind == new.operation.kind
      throw different(isSameKind ? "of its change no bound is known" : "it became another operation")
    }
    guard try !Self.isNothing(differences) else {
      self = .nothing
      return
    }
    let stage = Stage(old.name, operation)
    var shape = input
    self = .operation(stage, try StageBounding(powerIterations: 0).bound(stage, shape: &shape))
  }

  private static func isNothing(_ differences: [Tensor?]) throws -> Bool {
    try differences.allSatisfy { try $0?.equal(0).allTrue() ?? true }
  }

  /// ‖ΔT(h)‖ of each sample, rounded up: N. Never more than ‖ΔW‖‖h‖ + ‖Δb‖ but for rounding.
  /// - Parameter h: as computed; what rounding took from it is included.
  func norms(at h: ForwardError) throws -> Tensor {
    switch self {
    case .nothing: return try h.double.zerosLike()
    case .constant(let norm): return try .full(norm, [h.double.count], dtype: .float64)
    case .operation(let stage, let bound):
      var change = h
      try change.pass([stage], [bound], basis: .realArithmetic)
      return try change.norms() + change.double
    }
  }
}
