import RandomStreams
import Results
import TorchCore

/// Auto-PGD (Croce and Hein 2020), in L1 as of Croce and Hein 2021: PGD whose step size follows from the progress of
/// each sample, so that nothing but the budget is left to choose. ``MomentumSteps`` and ``SparseSteps`` say how it
/// steps.
///
/// Restarts begin at random points, as in the authors' program: in L∞ uniform noise that is scaled until its largest
/// pixel is ε, in L2 a uniform direction of length ε, in L1 normal noise that is projected to the ball; all in the box.
/// They differ from it in that each sample, restart and target has a random stream of its own, so that neighbours
/// change nothing; that a sample is left alone once it is fooled; that all targets of a restart start side by side; and
/// that the last point's gradient, which is never used, is not computed.
public struct APGD: Attack {
  public var loss: AttackLoss
  /// N: gradients per restart, and per target where there are targets.
  public var steps: Int
  public var restarts: Int
  /// 0: away from the true label. Otherwise every restart is made toward each of so many of the sample's likeliest
  /// wrong classes, and any wrong label is a success. Where the goal itself names targets, those are the ones.
  public var targets: Int
  /// L1 only: 0.3·N steps in the ball of 3ε, as many in that of 2ε and the rest in that of ε, each from the best point
  /// of the one before, projected ("APGD with the multi-ε scheme" of Croce and Hein 2021, their program's
  /// `use_largereps`). Only points in the ball of ε count as adversarial.
  public var shrinksBall: Bool

  public init(
    loss: AttackLoss = .crossEntropy, steps: Int, restarts: Int = 1, targets: Int = 0, shrinksBall: Bool = true
  ) {
    self.loss = loss
    self.steps = steps
    self.restarts = restarts
    self.targets = targets
    self.shrinksBall = shrinksBall
  }

  /// AutoAttack's `apgd-t`: the targeted DLR toward at most nine classes.
  public static func targeted(steps: Int, restarts: Int = 1, targets: Int = 9, shrinksBall: Bool = true) -> APGD {
    APGD(loss: .dlr, steps: steps, restarts: restarts, targets: targets, shrinksBall: shrinksBall)
  }

  public var name: String {
    switch (loss, targets > 0) {
    case (.crossEntropy, false): AttackKind.apgdCE.rawValue
    case (.dlr, false): AttackKind.apgdDLR.rawValue
    case (.logitMargin, false): "apgd-margin"
    case (.dlr, true): AttackKind.apgdTargeted.rawValue
    case (.crossEntropy, true): "apgd-t-ce"
    case (.logitMargin, true): "apgd-t-margin"
    }
  }

  public func settings(classes: Int) -> String {
    let note = loss.note(classes: classes, targeted: targets > 0).map { " (\($0))" } ?? ""
    let aim = targets > 0 ? ", toward the \(min(targets, classes - 1)) likeliest wrong classes" : ""
    return "\(steps) steps, \(restarts) random restart(s), loss \(loss.rawValue)\(note)\(aim); "
      + "L∞ and L2: from 2ε, halved at checkpoints with ρ 0.75, momentum 0.75; "
      + "L1: adaptive sparsity from ε\(shrinksBall ? ", in balls of 3ε, 2ε and ε" : "")"
  }

  public func perturb(
    _ batch: AttackBatch, within ball: PerturbationBall, carrying smaller: AttackResult?
  ) throws -> AttackResult {
    try check()
    guard batch.count > 0 else { return .unperturbed(batch) }
    var search = try AttackSearch(batch, FeasibleSet(ball, around: batch.pixels), carrying: smaller)
    guard !search.live.isEmpty else { return try search.result() }
    let balls = try balls(ball, around: batch.pixels, inside: search.set)
    let streams = try batch.streams("apgd")
    for restart in 0..<restarts where !search.live.isEmpty {
      let draws = streams.map { $0.stream(restart) }
      if targets > 0, batch.goal == .misclassification {
        try search.forEachTarget(batch.rivals(targets)) { search, rows, chosen in
          try climb(&search, balls, rows, toward: chosen, streams: zip(rows, chosen).map { draws[$0].stream($1) })
        }
      } else {
        let rows = search.live
        try climb(&search, balls, rows, toward: nil, streams: rows.map { draws[$0] })
      }
      try search.confirm()
    }
    return try search.result()
  }

  private func check() throws {
    for (what, value, least) in [("steps", steps, 1), ("restarts", restarts, 1), ("targets", targets, 0)] {
      try RobustnessError.require(value >= least, "Auto-PGD's \(what)", "must be at least \(least)")
    }
  }

  /// The balls in which a restart climbs, one after another, and how many steps it spends in each.
  func balls(
    _ ball: PerturbationBall, around clean: Tensor, inside set: FeasibleSet
  ) throws -> [(set: FeasibleSet, steps: Int)] {
    // Where N is small, the ball of ε comes first.
    let early = min(Int((0.3 * Double(steps)).rounded(.up)), (steps - 1) / 2)
    guard ball.norm == .l1, shrinksBall, early > 0 else { return [(set, steps)] }
    let larger = try [3.0, 2.0].map { factor in
      let radii = Array(repeating: ball.radius * factor, count: clean.size(0))
      return (try FeasibleSet(ball.norm, around: clean, radii: radii), early)
    }
    return larger + [(set, steps - 2 * early)]
  }

  /// One restart of some samples of the batch, toward a target each where there are targets.
  private func climb(
    _ search: inout AttackSearch, _ balls: [(set: FeasibleSet, steps: Int)], _ rows: [Int], toward targets: [Int]?,
    streams: [RandomStream]
  ) throws {
    let index = try Tensor(indices: rows).to(search.batch.pixels.device)
    let objective =
      if let targets {
        try search.batch.objective(loss, of: index, toward: targets)
      } else {
        try search.batch.objective(loss).selecting(index)
      }
    guard let outermost = balls.first?.set else { return }
    let start = try APGD.randomStarts(in: outermost.selecting(index), streams)
    try climb(&search, balls, rows, from: start, objective)
  }

  /// Climbs in one ball after another from given points, one a row, inside the first ball.
  func climb(
    _ search: inout AttackSearch, _ balls: [(set: FeasibleSet, steps: Int)], _ rows: [Int], from start: Tensor,
    _ objective: AttackObjective
  ) throws {
    let index = try Tensor(indices: rows).to(start.device)
    var points = start
    for (place, ball) in balls.enumerated() {
      let set = try ball.set.selecting(index)
      var ascent = try AutoAscent(
        LiveRows(rows), from: set.project(points), in: set, objective, steps: ball.steps, continues: balls.count > 1)
      try search.climb(&ascent, steps: ball.steps, isInSet: place == balls.count - 1)
      // Nothing is judged, and so no sample leaves, before the last ball.
      points = ascent.best
    }
  }

  /// A random point for every ball.
  static func randomStarts(in set: FeasibleSet, _ streams: [RandomStream]) throws -> Tensor {
    let (clean, shape) = (set.clean, Array(set.clean.shape.dropFirst()))
    let shift: Tensor
    switch set.norm {
    case .linf:
      let uniform = try Tensor.uniform(perSample: streams, shape).to(clean.device).channelsLast() * 2 - 1
      shift = try uniform / uniform.abs().max([1, 2, 3], keepingDimensions: true) * set.stepRadii()
    case .l2: shift = try randomDirections(.l2, streams, shape, on: clean.device) * set.stepRadii()
    case .l1: shift = try Tensor.normal(perSample: streams, shape).to(clean.device).channelsLast()
    }
    return try set.project(clean + shift)
  }
}
