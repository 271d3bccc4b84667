import Results
import TorchCore

/// An attack that looks for the nearest adversarial of every sample, whatever the ball. One search serves every ε.
public protocol NearestAttack: Attack {
  /// - Throws: ``RobustnessError``, `TorchError`.
  func nearest(_ batch: AttackBatch, _ norm: PerturbationNorm) throws -> NearestAdversarials

  /// The same where only one ball matters: a sample may be left alone once an adversarial inside it is found.
  func nearest(_ batch: AttackBatch, within ball: PerturbationBall) throws -> NearestAdversarials
}

/// The nearest adversarials that a search found.
public struct NearestAdversarials {
  /// In fp64; nil where no adversarial was found, 0 for an image that reaches the goal clean.
  public var distances: [Double?]
  /// N×C×H×W, in the box; the clean image where none was found.
  public var adversarial: Tensor
  /// What all of it cost.
  var effort: SearchEffort

  public var gradients: GradientStatistics { effort.statistics }
  /// Forward passes spent on each sample.
  public var queries: [Int] { effort.queries }

  init(distances: [Double?], adversarial: Tensor, effort: SearchEffort) {
    self.distances = distances
    self.adversarial = adversarial
    self.effort = effort
  }

  init(_ result: AttackResult, _ batch: AttackBatch) throws {
    self.init(
      distances: zip(result.success, result.distances).map { $0 ? $1 : nil },
      adversarial: try sampleMask(result.success, like: result.adversarial).select(result.adversarial, batch.pixels),
      effort: result.effort)
  }
}

extension NearestAttack {
  public func nearest(_ batch: AttackBatch, within ball: PerturbationBall) throws -> NearestAdversarials {
    try nearest(batch, ball.norm)
  }

  public func perturb(
    _ batch: AttackBatch, within ball: PerturbationBall, carrying smaller: AttackResult?
  ) throws -> AttackResult {
    let rows = batch.openRows(besides: smaller?.success)
    guard !rows.isEmpty else { return try AttackResult.unperturbed(batch).overlaying(successesOf: smaller) }
    let nearest = try nearest(batch.selecting(rows), within: ball).expanded(from: rows, to: batch)
    return try nearest.result(batch, within: ball).overlaying(successesOf: smaller)
  }

  public func curve(
    _ batch: AttackBatch, _ norm: PerturbationNorm, _ epsilons: [Rational], form: CurveRecord.Form,
    before: (PerturbationBall) throws -> Void
  ) throws -> [AttackResult] {
    let balls = try Self.balls(norm, epsilons)
    guard batch.count > 0, let first = balls.first else { return balls.map { _ in .unperturbed(batch) } }
    try before(first)
    let nearest = try nearest(batch, norm)
    return try Self.results(balls, form) { ball, smaller in
      try nearest.result(batch, within: ball).overlaying(successesOf: smaller)
    }
  }
}

extension NearestAdversarials {
  /// What they amount to within one ball: an adversarial inside it counts as it is, one outside is drawn to the ball
  /// and judged there.
  func result(_ batch: AttackBatch, within ball: PerturbationBall) throws -> AttackResult {
    let set = try FeasibleSet(ball, around: batch.pixels)
    var result = try AttackResult.judged(
      batch, set.project(adversarial), ball.norm, SearchEffort(count: batch.count))
    result.raw = adversarial
    result.effort = effort.withVerdict
    return result
  }

  /// Of some samples as of the whole batch: the others stay as they are, and nothing was spent on them.
  fileprivate func expanded(from rows: [Int], to batch: AttackBatch) throws -> NearestAdversarials {
    guard rows.count < batch.count else { return self }
    var whole = self
    whole.distances = batch.cleanReached.map { $0 ? 0 : nil }
    for (place, row) in rows.enumerated() { whole.distances[row] = distances[place] }
    whole.effort = effort.expanded(from: rows, count: batch.count)
    whole.adversarial = try batch.pixels.replacingImages(places(of: rows, among: batch.count), by: adversarial)
    return whole
  }
}
