import Results
import TorchCore

/// The points of an Auto-PGD climb and all that belongs to each sample: its best point with the gradient there, its
/// step size, and what the norm's rule remembers.
///
/// Every pass is followed by ``see(_:)`` and ``advance()``; the last point's loss is given to ``see(losses:)``.
struct AutoAscent {
  private(set) var rows: LiveRows
  private(set) var objective: AttackObjective
  private(set) var points: Tensor
  /// The point of highest loss so far, and its loss, N.
  private(set) var best: Tensor
  private(set) var bestLosses: Tensor
  /// η, N×1×1×1.
  private(set) var sizes: Tensor

  private var set: FeasibleSet
  private var gradient: Tensor
  private var bestGradient: Tensor
  private var rule: any AutoStepRule
  private let checkpoints: [Int]
  private var passes = 0
  private var lastCheckpoint = 0

  /// - Parameters:
  ///   - rows: where the samples stand in their batch.
  ///   - points: one a row, inside the set.
  ///   - set: one ball a row.
  ///   - steps: N, by which the checkpoints are placed.
  ///   - continues: whether the points are those of an earlier climb, so that their sparsity means something (L1).
  init(
    _ rows: LiveRows, from points: Tensor, in set: FeasibleSet, _ objective: AttackObjective, steps: Int,
    continues: Bool = false
  ) throws {
    self.rows = rows
    self.objective = objective
    self.points = points
    self.set = set
    best = points
    gradient = try points.zerosLike()
    bestGradient = gradient
    let radii = try set.stepRadii()
    bestLosses = try radii.reshaped([-1]).zerosLike() - .infinity
    switch set.norm {
    case .linf, .l2:
      sizes = try radii * 2
      rule = try MomentumSteps(like: sizes)
      checkpoints = MomentumSteps.checkpoints(steps: steps)
    case .l1:
      sizes = radii
      rule = try SparseSteps(sizes: sizes, in: set, from: continues ? points : nil)
      checkpoints = SparseSteps.checkpoints(steps: steps)
    }
  }

  /// Takes note of a pass over the points; at a checkpoint some samples go back to their best ones.
  mutating func see(_ pass: InputGradient) throws {
    gradient = pass.gradient
    let improves = try see(losses: pass.losses)
    bestGradient = try improves.perImage().select(gradient, bestGradient)
    try rule.record(pass.losses)
    if checkpoints.contains(passes) { try lookBack() }
    passes += 1
  }

  /// Takes note of the points' losses alone.
  /// - Returns: whose loss is the highest so far, Boolean, N.
  @discardableResult
  mutating func see(losses: Tensor) throws -> Tensor {
    let improves = try losses.greater(bestLosses)
    best = try improves.perImage().select(points, best)
    bestLosses = try improves.select(losses, bestLosses)
    return improves
  }

  private mutating func lookBack() throws {
    let (sizes, returns) = try rule.lookBack(
      at: best, bestLosses, sizes: sizes, in: set, steps: passes - lastCheckpoint)
    self.sizes = sizes
    points = try returns.perImage().select(best, points)
    gradient = try returns.perImage().select(bestGradient, gradient)
    lastCheckpoint = passes
  }

  /// One step along the gradient that was seen last.
  mutating func advance() throws {
    points = try rule.step(from: points, gradient, sizes: sizes, in: set)
  }

  /// Drops all but the samples `live`, where that pays.
  mutating func pack(to live: [Int]) throws {
    guard let (rows, places) = try rows.packed(to: live, on: points.device) else { return }
    self.rows = rows
    objective = try objective.selecting(places)
    set = try set.selecting(places)
    points = try points.selectingImages(places)
    best = try best.selectingImages(places)
    gradient = try gradient.selectingImages(places)
    bestGradient = try bestGradient.selectingImages(places)
    bestLosses = try bestLosses.selecting(0, places)
    sizes = try sizes.selecting(0, places)
    rule = try rule.selecting(places)
  }
}

extension AttackSearch {
  /// Climbs until `steps` gradients are spent; the last points are judged by a forward pass.
  ///
  /// - Parameter isInSet: whether the points lie in the search's set; those of a larger ball are not judged.
  mutating func climb(_ ascent: inout AutoAscent, steps: Int, isInSet: Bool = true) throws {
    for _ in 0..<steps {
      let pass = try pass(ascent.points, rows: ascent.rows.rows, ascent.objective, isInSet: isInSet)
      let remaining = live
      guard !remaining.isEmpty else { return }
      try ascent.see(pass)
      try ascent.pack(to: remaining)
      try ascent.advance()
    }
    let last = try judge(ascent.points, rows: ascent.rows.rows, ascent.objective, isInSet: isInSet)
    try ascent.see(losses: last.losses)
  }
}
