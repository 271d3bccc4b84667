import RandomStreams
import Results
import TorchCore

/// The fast adaptive boundary attack (Croce and Hein 2020) in L∞, L2 and L1, and its targeted form FAB-T.
///
/// At xᵢ the network is taken as linear; π is its nearest boundary there, a hyperplane. Both xᵢ and the clean x₀ are
/// projected on π ∩ [0, 1]ᵈ, and with d and d₀ the ways there (equations 7 to 9, `Tensor.steppedToBoundary`):
///
///     α = min(‖d‖/(‖d‖ + ‖d₀‖), α_max)
///     x ← clip((1 − α)·(xᵢ + η·d) + α·(x₀ + η·d₀))
///     x ← (1 − β)·x₀ + β·x          where x is an adversarial: the backward step
///
/// The first restart begins at x₀, all others at random points of the ball of half the radius min(start radius,
/// distance of the nearest adversarial so far). In the end ``finalSearch`` steps of linear interpolation between the
/// clean image and the nearest adversarial bring it to the boundary.
///
/// With ``targets`` only the boundary between the label and one rival is looked at, for each of the likeliest rivals in
/// turn: one gradient a step instead of K − 1. Where the batch's goal is a target, the only boundary is the one between
/// the target and its strongest rival.
public struct FAB: NearestAttack {
  /// Gradient steps per restart, and per target where there are targets.
  public var steps: Int
  public var restarts: Int
  /// 0: all boundaries at once. Otherwise FAB-T, toward so many of the likeliest wrong classes.
  public var targets: Int
  /// α_max.
  public var largestBias: Double
  /// η.
  public var extrapolation: Double
  /// β.
  public var backwardStep: Double
  public var finalSearch: Int
  /// Where random starts lie, as a radius; nil for 0.3 in L∞, 1 in L2 and 5 in L1.
  public var startRadius: Double?

  /// The authors' settings, but for the steps, of which they take 100.
  public init(
    steps: Int, restarts: Int = 1, targets: Int = 0, largestBias: Double = 0.1, extrapolation: Double = 1.05,
    backwardStep: Double = 0.9, finalSearch: Int = 3, startRadius: Double? = nil
  ) {
    self.steps = steps
    self.restarts = restarts
    self.targets = targets
    self.largestBias = largestBias
    self.extrapolation = extrapolation
    self.backwardStep = backwardStep
    self.finalSearch = finalSearch
    self.startRadius = startRadius
  }

  public var name: String { targets == 0 ? "fab" : "fab-t" }
  public func settings(classes: Int) -> String {
    let aim = targets > 0 ? " toward each of the \(min(targets, classes - 1)) likeliest wrong classes" : ""
    return "\(restarts) restart(s) of \(steps) steps\(aim), α_max \(largestBias), η \(extrapolation), "
      + "β \(backwardStep), \(finalSearch) steps of final search"
  }

  public func nearest(_ batch: AttackBatch, _ norm: PerturbationNorm) throws -> NearestAdversarials {
    try nearest(batch, norm, enough: -.infinity)
  }

  public func nearest(_ batch: AttackBatch, within ball: PerturbationBall) throws -> NearestAdversarials {
    try nearest(batch, ball.norm, enough: ball.radius)
  }

  /// - Parameter enough: a sample with an adversarial that near is left alone.
  private func nearest(
    _ batch: AttackBatch, _ norm: PerturbationNorm, enough: Double
  ) throws -> NearestAdversarials {
    try check()
    var search = NearestSearch(batch, norm)
    guard !search.open.isEmpty else { return try search.result() }
    for restart in 0..<restarts {
      // Read before the restart begins, so that no start depends on how many targets are tried at once.
      let radii = search.distances.map { min($0, startRadius ?? FAB.startRadius(norm)) / 2 }
      for pairs in try pairs(batch, search.open) {
        guard let group = try Group(batch, pairs, where: { search.distances[$0] > enough }, of: self) else { continue }
        try run(&search, group, from: start(batch, norm, group, restart: restart, radii))
        try search.confirm()
      }
    }
    try approachBoundary(&search, enough: enough)
    return try search.result()
  }

  /// Steps of one restart.
  private func run(_ search: inout NearestSearch, _ group: Group, from start: Tensor) throws {
    let (samples, live) = (group.samples, group.samples.rows.rows)
    var points = start
    for _ in 0..<steps {
      let (pass, _) = try search.record(points, of: samples, where: live)
      let boundary = try search.nearestBoundary(pass, group.boundaries, of: samples, where: live)
      points = try points.steppedToBoundary(
        clean: samples.clean, gradients: boundary.gradient, differences: boundary.difference,
        order: search.norm.order, largestBias: largestBias, extrapolation: extrapolation)
      let reached = try search.judge(points, of: samples, where: live).reached
      if reached.contains(true) {
        points = try points.steppedBack(toward: samples.clean, where: reached, part: backwardStep)
      }
    }
  }

  /// The final search (section 3.3): the goal's lead is taken as linear between a point inside and the nearest
  /// adversarial outside. Each step ends a hundredth short of where it would vanish: on the boundary itself rounding
  /// would decide.
  private func approachBoundary(_ search: inout NearestSearch, enough: Double) throws {
    let rows = search.open.filter { search.distances[$0].isFinite && search.distances[$0] > enough }
    guard finalSearch > 0, !rows.isEmpty else { return }
    let samples = try PackedSamples(search.batch, rows: rows)
    let index = try Tensor(indices: rows).to(samples.clean.device)
    func lead(_ logits: Tensor) throws -> Tensor { try samples.lead(logits).perImage() }
    var inside = samples.clean
    var outside = try search.points.selectingImages(index)
    var insideLead = try lead(search.batch.cleanLogits.selecting(0, index))
    var outsideLead = try lead(search.judge(outside, of: samples, where: rows).logits)
    for _ in 0..<finalSearch {
      let fraction = try outsideLead / (outsideLead - insideLead) * 0.99
      // Not a number, or not between the two, where the network is undefined: then the step stays at the adversarial.
      let isBetween = try fraction.greaterOrEqual(0).and(fraction.lessOrEqual(1))
      let part = try isBetween.select(fraction, fraction.zerosLike())
      let middle = try outside.addingProduct(inside - outside, part).clamped(0, 1)
      let (logits, reached) = try search.judge(middle, of: samples, where: rows)
      let mask = try sampleMask(reached, like: middle)
      (outside, inside) = try (mask.select(middle, outside), mask.select(inside, middle))
      let middleLead = try lead(logits)
      (outsideLead, insideLead) =
        try (mask.select(middleLead, outsideLead), mask.select(insideLead, middleLead))
    }
    try search.confirm()
  }

  private func start(
    _ batch: AttackBatch, _ norm: PerturbationNorm, _ group: Group, restart: Int, _ radii: [Double]
  ) throws -> Tensor {
    guard restart > 0 else { return group.samples.clean }
    let streams = try batch.streams(name)
    let rows = group.samples.rows.rows
    let ball = try FeasibleSet(norm, around: group.samples.clean, radii: rows.map { radii[$0] })
    return try ball.randomPoints(zip(rows, group.ranks).map { streams[$0].stream(restart).stream($1) })
  }

  private static func startRadius(_ norm: PerturbationNorm) -> Double {
    switch norm {
    case .linf: 0.3
    case .l2: 1
    case .l1: 5
    }
  }

  private func check() throws {
    try RobustnessError.require(steps >= 1, "FAB's steps", "must be at least 1")
    try RobustnessError.require(restarts >= 1, "FAB's restarts", "must be at least 1")
    try RobustnessError.require(targets >= 0, "FAB's targets", "must not be negative")
    try RobustnessError.require(largestBias >= 0 && largestBias <= 1, "FAB's α_max", "must lie in [0, 1]")
    try RobustnessError.require(
      extrapolation >= 1 && extrapolation.isFinite, "FAB's η", "must be at least 1 and finite")
    try RobustnessError.require(backwardStep > 0 && backwardStep < 1, "FAB's β", "must lie between 0 and 1")
    try RobustnessError.require(finalSearch >= 0, "FAB's final search", "must not be negative")
    try RobustnessError.require(
      startRadius.map { $0 > 0 && $0.isFinite } ?? true, "FAB's start radius", "must be above 0 and finite")
  }
}

extension PerturbationNorm {
  /// p of ‖·‖ₚ.
  var order: Double {
    switch self {
    case .linf: .infinity
    case .l2: 2
    case .l1: 1
    }
  }
}
