import OperatorNorms
import ResidualNets
import TorchCore

/// A batch on its way through two networks of one structure: what the old one makes of it, and how far from that the
/// new one can be.
///
/// With h the old network's input to an operation T and e the distance of the new network's input from it, the outputs
/// are at most ‖T′‖·e + ‖(T′ − T)(h)‖ apart, since T′(h + δ) − T(h) = [T′(h + δ) − T′(h)] + (T′ − T)(h). Branches of a
/// residual block add; a root z = h + τF(z) moves by at most (e + τ‖(F′ − F)(z)‖) / (1 − τ‖F′‖).
struct Movement {
  var old: ForwardError
  /// N.
  var distance: Tensor

  init(pixels: Tensor) throws {
    old = try ForwardError(pixels: pixels)
    distance = try .zeros([pixels.size(0)], dtype: .float64)
  }

  mutating func pass(_ pairs: [StagePair]) throws { for pair in pairs { try pass(pair) } }

  private mutating func pass(_ pair: StagePair) throws {
    switch pair.kind {
    case .layer(let change):
      distance = try distance * pair.newUpper + change.norms(at: old)
      try old.pass([pair.old], [pair.oldBound], basis: .realArithmetic)
    case .residual(let shortcut, let branch, let scale):
      var (left, right) = (self, self)
      try left.pass(shortcut)
      try right.pass(branch)
      distance = try left.distance + right.distance * abs(scale)
      let output = try scale == 1 ? left.old.value + right.old.value : left.old.value + right.old.value * scale
      old = try ForwardError.sum(left.old, right.old, scale: scale, to: output)
    case .implicit(let branch, let step):
      try old.pass([pair.old], [pair.oldBound], basis: .realArithmetic)
      var field = self
      field.distance = try distance.zerosLike()
      try field.pass(branch)
      distance = try (distance + field.distance * abs(step)) * pair.newUpper
    }
  }
}

/// One stage in both networks, with all that is known before an image is seen.
struct StagePair {
  indirect enum Kind {
    case layer(StageChange)
    case residual(shortcut: [StagePair], branch: [StagePair], scale: Double)
    case implicit(branch: [StagePair], step: Double)
  }

  let old: Stage
  let oldBound: StageBound
  /// The new stage's constant.
  let newUpper: Double
  let kind: Kind

  /// Stages one after another, with their bounds; `shape` becomes that of what comes out.
  static func pairs(
    _ old: [Stage], _ oldBounds: [StageBound], _ new: [Stage], _ newBounds: [StageBound], shape: inout SampleShape
  ) throws -> [StagePair] {
    guard old.map(\.name) == new.map(\.name) else {
      throw LipschitzError.differentStructure(
        layer: old.first?.name ?? "input", reason: "layers \(old.map(\.name)) became \(new.map(\.name))")
    }
    return try old.indices.map { index in
      let input = shape
      shape = try old[index].outputShape(of: input)
      return try StagePair(old[index], oldBounds[index], new[index], newBounds[index], input: input)
    }
  }

  private init(
    _ old: Stage, _ oldBound: StageBound, _ new: Stage, _ newBound: StageBound, input: SampleShape
  ) throws {
    func inner(
      _ old: [Stage], _ oldBounds: [StageBound], _ new: [Stage], _ newBounds: [StageBound]
    ) throws -> [StagePair] {
      var shape = input
      return try Self.pairs(old, oldBounds, new, newBounds, shape: &shape)
    }
    func requireSame(_ a: Double, _ b: Double) throws {
      guard a == b else {
        throw LipschitzError.differentStructure(layer: old.name, reason: "its branch is scaled by \(a) and by \(b)")
      }
    }
    (self.old, self.oldBound, newUpper) = (old, oldBound, newBound.upper)
    switch (old.operation, oldBound.kind, new.operation, newBound.kind) {
    case (
      .residual(let shortcut, let branch, let scale), .residual(let first, let second, _),
      .residual(let shortcut2, let branch2, let scale2), .residual(let first2, let second2, _)
    ):
      try requireSame(scale, scale2)
      kind = .residual(
        shortcut: try inner(shortcut, first, shortcut2, first2), branch: try inner(branch, second, branch2, second2),
        scale: scale)
    case (
      .implicit(let branch, let step), .implicit(let bounds, _), .implicit(let branch2, let step2),
      .implicit(let bounds2, _)
    ):
      try requireSame(step, step2)
      kind = .implicit(branch: try inner(branch, bounds, branch2, bounds2), step: step)
    default: kind = .layer(try StageChange(from: old, to: new, input: input))
    }
  }
}
