import Results
import TorchCore

/// DeepFool (Moosavi-Dezfooli, Fawzi and Frossard 2016) in L2 and L∞.
///
/// As long as the label is the true one y, the network is taken as linear and the point stepped to the nearest of its
/// boundaries (algorithm 2, equations 8 and 9; section 3.3 for other norms): with f′ = z_k − z_y, w′ = ∇f′ and k the
/// class of the smallest |f′|/‖w′‖_q,
///
///     r ← r + ℓ · w′/‖w′‖₂,  ℓ = |f′|/‖w′‖₂ + 10⁻⁴   (L2)
///     r ← r + ℓ · sign w′,   ℓ = |f′|/‖w′‖₁ + 10⁻⁴   (L∞)
///     x = clip(x₀ + (1 + η)·r)
///
/// The overshoot η is within the loop and every step 10⁻⁴ longer, so that a point on the boundary itself still moves
/// on: both as in the authors' code. Toward targets the only boundary is that between the target and its strongest
/// rival.
public struct DeepFool: NearestAttack {
  /// Steps at most.
  public var steps: Int
  /// Classes whose boundaries are looked at, the true one among them: the likeliest by the clean logits; nil for all.
  public var candidates: Int?
  /// η.
  public var overshoot: Double

  /// The authors' settings, but for the steps, of which they take 50.
  public init(steps: Int, candidates: Int? = 10, overshoot: Double = 0.02) {
    self.steps = steps
    self.candidates = candidates
    self.overshoot = overshoot
  }

  public var name: String { AttackKind.deepFool.rawValue }
  public func settings(classes: Int) -> String {
    "at most \(steps) steps, boundaries between the \(min(candidates ?? classes, classes)) likeliest classes, "
      + "overshoot \(overshoot)"
  }

  public func nearest(_ batch: AttackBatch, _ norm: PerturbationNorm) throws -> NearestAdversarials {
    try check(norm)
    var search = NearestSearch(batch, norm)
    var live = search.open
    guard !live.isEmpty else { return try search.result() }
    var state = try DeepFoolState(batch, rows: live, candidates: candidates ?? batch.network.classCount)
    for step in 0...steps {
      let (pass, reached) = try search.record(state.points, of: state.samples, where: live)
      let fooled = Set(zip(state.samples.rows.rows, reached).compactMap { $1 ? $0 : nil })
      live.removeAll(where: fooled.contains)
      guard step < steps, !live.isEmpty else { break }
      let boundary = try search.nearestBoundary(pass, state.boundaries, of: state.samples, where: live)
      state = try state.stepped(to: boundary, norm, overshoot).packed(to: live)
    }
    return try search.result()
  }

  private func check(_ norm: PerturbationNorm) throws {
    try AttackKind.deepFool.requireForm(norm)
    try RobustnessError.require(steps >= 1, "DeepFool's steps", "must be at least 1")
    try RobustnessError.require(
      candidates.map { $0 >= 2 } ?? true, "DeepFool's candidates", "must be at least 2")
    try RobustnessError.require(
      overshoot >= 0 && overshoot.isFinite, "DeepFool's overshoot", "must be at least 0 and finite")
  }
}

/// The points of the search and all that belongs to each.
private struct DeepFoolState {
  let samples: PackedSamples
  let boundaries: ClassPairs
  /// r, N×C×H×W.
  let total: Tensor
  let points: Tensor

  init(_ batch: AttackBatch, rows: [Int], candidates: Int) throws {
    samples = try PackedSamples(batch, rows: rows)
    boundaries = try batch.boundaries(rows, rivals: candidates - 1)
    total = try samples.clean.zerosLike()
    points = samples.clean
  }

  private init(_ samples: PackedSamples, _ boundaries: ClassPairs, total: Tensor, points: Tensor) {
    (self.samples, self.boundaries, self.total, self.points) = (samples, boundaries, total, points)
  }

  func stepped(
    to boundary: NearestBoundary, _ norm: PerturbationNorm, _ overshoot: Double
  ) throws -> DeepFoolState {
    let found = try boundary.steepness.greater(0)
    let steepness = try found.select(boundary.steepness, boundary.steepness.zerosLike() + 1)
    let length = try boundary.difference.abs() / steepness + 1e-4
    let way =
      try norm == .l2
      ? boundary.gradient * (length / steepness).to(.float32) : boundary.gradient.sign() * length.to(.float32)
    let total = try total + way
    let points = try (samples.clean + total * (1 + overshoot)).clamped(0, 1)
    return DeepFoolState(samples, boundaries, total: total, points: points)
  }

  func packed(to live: [Int]) throws -> DeepFoolState {
    guard let (samples, places) = try samples.packed(to: live) else { return self }
    return try DeepFoolState(
      samples, boundaries.selecting(places), total: total.selectingImages(places),
      points: points.selectingImages(places))
  }
}
