import Results
import TorchCore

/// The L2 attack of Carlini and Wagner (2017), section VI-A.
///
/// In the space of w with x' = ½(tanh w + 1), where every point is in the box, Adam minimises
///
///     ‖x' − x‖₂² + c·f(x'),     f = max(z_y − max_{i≠y} z_i, 0)   or   max(max_{i≠t} z_i − z_t, 0)  toward a target,
///
/// from w = artanh(0.999999·(2x − 1)) (confidence κ = 0). The smallest weight c that yields an adversarial is searched
/// for each sample on its own: tenfold until one does, then by bisection. Every ⌈steps/10⌉ steps a sample whose
/// objective has not fallen by a ten-thousandth is done with that c ("abort early", for each sample rather than for the
/// batch).
///
/// The defaults are those of the authors' code (9 weights from c = 10⁻³, Adam's rate 0.01), which takes at most 10,000
/// steps a weight; ``AttackKind`` takes 1,000.
public struct CarliniWagner: NearestAttack {
  /// Values of c that are tried.
  public var weights: Int
  /// Adam's steps for each value of c.
  public var steps: Int
  /// Adam's rate.
  public var rate: Double
  /// The first c.
  public var firstWeight: Double

  public init(weights: Int = 9, steps: Int, rate: Double = 0.01, firstWeight: Double = 1e-3) {
    self.weights = weights
    self.steps = steps
    self.rate = rate
    self.firstWeight = firstWeight
  }

  public var name: String { AttackKind.carliniWagner.rawValue }
  public func settings(classes: Int) -> String {
    "\(weights) weights c from \(firstWeight), each with at most \(steps) steps of Adam at rate \(rate), confidence 0, "
      + "aborting early"
  }

  public func nearest(_ batch: AttackBatch, _ norm: PerturbationNorm) throws -> NearestAdversarials {
    try check(norm)
    var search = NearestSearch(batch, norm)
    let open = search.open
    guard !open.isEmpty else { return try search.result() }
    var intervals = Array(repeating: WeightInterval(first: firstWeight), count: batch.count)
    for _ in 0..<weights {
      let fooled = try minimise(&search, CarliniWagnerState(batch, rows: open, weights: intervals.map(\.weight)))
      for row in open { intervals[row].halve(succeeded: fooled.contains(row)) }
      try search.confirm()
    }
    return try search.result()
  }

  /// One run of Adam for every sample.
  /// - Returns: the samples of which an adversarial was met.
  private func minimise(_ search: inout NearestSearch, _ start: CarliniWagnerState) throws -> Set<Int> {
    var state = start
    var live = state.samples.rows.rows
    var fooled: Set<Int> = []
    for step in 1...steps {
      let points = try state.points()
      let (pass, reached) = try search.record(points, of: state.samples, where: live)
      fooled.formUnion(Set(zip(state.samples.rows.rows, reached).compactMap { $1 ? $0 : nil }).intersection(live))
      let boundary = try search.nearestBoundary(pass, state.samples.goal, of: state.samples, where: live)
      let lead = try state.samples.lead(pass.logits).perImage()
      if (step - 1) % max(1, (steps + 9) / 10) == 0 {
        let hasStalled = Set(try state.checkProgress(points, lead))
        live.removeAll(where: hasStalled.contains)
        guard !live.isEmpty else { break }
      }
      try state.descend(points, lead, boundary.gradient, step: step, rate: rate)
      state = try state.packed(to: live)
    }
    return fooled
  }

  private func check(_ norm: PerturbationNorm) throws {
    try AttackKind.carliniWagner.requireForm(norm)
    try RobustnessError.require(weights >= 1, "CW's weights", "must be at least 1")
    try RobustnessError.require(steps >= 1, "CW's steps", "must be at least 1")
    try RobustnessError.require(rate > 0 && rate.isFinite, "CW's rate", "must be above 0 and finite")
    try RobustnessError.require(
      firstWeight > 0 && firstWeight.isFinite, "CW's first weight", "must be above 0 and finite")
  }
}

/// Where the smallest sufficient c of a sample lies.
private struct WeightInterval {
  private var insufficient = 0.0
  private var sufficient = Double.infinity
  private(set) var weight: Double

  init(first: Double) { weight = first }

  mutating func halve(succeeded: Bool) {
    if succeeded { sufficient = weight } else { insufficient = weight }
    weight = sufficient.isFinite ? (insufficient + sufficient) / 2 : weight * 10
  }
}

/// The variables of Adam and all that belongs to each.
private struct CarliniWagnerState {
  let samples: PackedSamples
  /// c, N×1×1×1.
  private let weights: Tensor
  /// w at the clean image, and the image that it stands for.
  private let origin: Tensor
  private let cleanPoints: Tensor
  /// What is added to w, and Adam's two moments of its gradient.
  private let shift: Tensor
  private let mean: Tensor
  private let variance: Tensor
  /// The objective when progress was last checked, N×1×1×1.
  private var lastObjective: Tensor

  /// - Parameter weights: c of every sample of the batch.
  init(_ batch: AttackBatch, rows: [Int], weights: [Double]) throws {
    samples = try PackedSamples(batch, rows: rows)
    self.weights = try perImage(rows.map { weights[$0] }, on: batch.pixels.device).to(.float32)
    let scaled = try (samples.clean * 2 - 1) * 0.999999
    // artanh a = ½ ln((1 + a)/(1 − a)).
    origin = try ((scaled + 1) / (1 - scaled)).log() * 0.5
    cleanPoints = try CarliniWagnerState.image(origin)
    (shift, mean, variance) = try (origin.zerosLike(), origin.zerosLike(), origin.zerosLike())
    lastObjective = try self.weights.zerosLike() + .infinity
  }

  private init(_ other: CarliniWagnerState, _ samples: PackedSamples, _ places: Tensor) throws {
    self.samples = samples
    weights = try other.weights.selecting(0, places)
    origin = try other.origin.selectingImages(places)
    cleanPoints = try other.cleanPoints.selectingImages(places)
    shift = try other.shift.selectingImages(places)
    mean = try other.mean.selectingImages(places)
    variance = try other.variance.selectingImages(places)
    lastObjective = try other.lastObjective.selecting(0, places)
  }

  func points() throws -> Tensor { try CarliniWagnerState.image(origin + shift) }

  private static func image(_ w: Tensor) throws -> Tensor { try ((w.tanh() + 1) * 0.5).clamped(0, 1) }

  /// The samples whose objective has not fallen since the last time.
  /// - Parameter lead: −f before it is cut off, N×1×1×1.
  mutating func checkProgress(_ points: Tensor, _ lead: Tensor) throws -> [Int] {
    let size = try (points - cleanPoints).squared().sum([1, 2, 3], keepingDimensions: true)
    let objective = try size + weights * lead.negated().clamped(0, .infinity)
    let hasFallen = try objective.lessOrEqual(lastObjective * 0.9999).booleans()
    lastObjective = objective
    return zip(samples.rows.rows, hasFallen).compactMap { $1 ? nil : $0 }
  }

  /// One step of Adam. With x' = ½(tanh w + 1), ∂x'/∂w = 2x'(1 − x').
  func descend(_ points: Tensor, _ lead: Tensor, _ gradientOfLead: Tensor, step: Int, rate: Double) throws {
    let pull = try lead.lessOrEqual(0).select(weights, weights.zerosLike())
    let slope = try (points - cleanPoints) * 2 - gradientOfLead * pull
    try stepAdam(
      parameters: [shift], gradients: [slope * points * (1 - points) * 2], means: [mean], variances: [variance],
      step: step, rate: rate, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, decoupled: false)
  }

  func packed(to live: [Int]) throws -> CarliniWagnerState {
    guard let (samples, places) = try samples.packed(to: live) else { return self }
    return try CarliniWagnerState(self, samples, places)
  }
}
