import Results
import TorchCore

/// Projected gradient descent (Kurakin et al. 2017; Madry et al. 2018) in L∞, L2 and L1.
///
/// A step is x ← clip(Π(x + α·d)), with d = sign(g) in L∞, g/‖g‖₂ per sample in L2 and, in L1, the signs of the largest
/// hundredth of g (Tramèr and Boneh 2019); Π projects to the ball. Every iterate is judged, a sample is dropped as soon
/// as it is fooled, and of a sample that withstands the point of highest loss is kept. Candidates include the clean
/// image.
///
/// The first restart begins where ``FGSM`` ends, so no sample withstands PGD that FGSM fools: iterative ≥ single-step
/// holds by construction. FGSM's step is then the first of the restart's ``steps``, which cost that many gradients in
/// every kind of restart.
public struct PGD: Attack {
  /// Where a restart begins.
  public enum Start: String, Sendable, Hashable, Codable {
    /// At FGSM's point.
    case singleStep
    /// Uniformly in the ball, clipped to the box, from the sample's own stream.
    case random
    /// At the clean image.
    case clean
  }

  /// Gradients per restart, and per target where there are targets.
  public var steps: Int
  public var stepSize: StepSize
  /// One restart each, in order.
  public var starts: [Start]
  public var loss: AttackLoss
  /// 0: away from the true label. Otherwise every restart is made toward each of so many of the sample's likeliest
  /// wrong classes (Gowal et al. 2019's multi-targeted attack), and any wrong label is a success.
  public var targets: Int

  public init(
    steps: Int, stepSize: StepSize = .perSteps(factor: 2.5), starts: [Start] = [.singleStep],
    loss: AttackLoss = .crossEntropy, targets: Int = 0
  ) {
    self.steps = steps
    self.stepSize = stepSize
    self.starts = starts
    self.loss = loss
    self.targets = targets
  }

  /// The first restart from FGSM's point, all others from random points.
  public init(
    steps: Int, restarts: Int, stepSize: StepSize = .perSteps(factor: 2.5), loss: AttackLoss = .crossEntropy,
    targets: Int = 0
  ) {
    self.init(
      steps: steps, stepSize: stepSize, starts: (0..<max(0, restarts)).map { $0 == 0 ? .singleStep : .random },
      loss: loss, targets: targets)
  }

  public var name: String { (targets == 0 ? AttackKind.pgd : .pgdTargeted).rawValue }
  public var usesCleanGradient: Bool {
    starts.contains(.singleStep) || (starts.contains(.clean) && loss == .crossEntropy && targets == 0)
  }

  public func settings(classes: Int) -> String {
    let note = loss.note(classes: classes, targeted: targets > 0).map { " (\($0))" } ?? ""
    let aim = targets > 0 ? ", toward the \(min(targets, classes - 1)) likeliest wrong classes" : ""
    return "\(steps) steps of \(stepSize.text), starts \(starts.map(\.rawValue).joined(separator: ", ")), "
      + "loss \(loss.rawValue)\(note)\(aim)"
  }

  public func perturb(
    _ batch: AttackBatch, within ball: PerturbationBall, carrying smaller: AttackResult?
  ) throws -> AttackResult {
    try check()
    guard batch.count > 0 else { return .unperturbed(batch) }
    var search = try AttackSearch(batch, FeasibleSet(ball, around: batch.pixels), carrying: smaller)
    try runAll(&search)
    return try search.result()
  }

  /// Every restart, on what the ones before it left.
  func runAll(_ search: inout AttackSearch) throws {
    for (restart, start) in starts.enumerated() {
      try run(&search, from: start, restart: restart)
      try search.confirm()
    }
  }

  func check() throws {
    try ascent.check("PGD")
    try RobustnessError.require(!starts.isEmpty, "PGD's restarts", "must be at least 1")
    try RobustnessError.require(targets >= 0, "PGD's targets", "must not be negative")
  }

  /// One restart.
  func run(_ search: inout AttackSearch, from start: Start, restart: Int) throws {
    guard !search.live.isEmpty else { return }
    let batch = search.batch
    switch start {
    case .singleStep:
      // Judged in the whole batch, as FGSM judges it, so that a sample FGSM fools is always fooled here.
      let points = try FGSM.points(batch, search.cleanPass(.crossEntropy), search.set)
      if aims(batch) {
        let all = Array(0..<batch.count)
        try search.judge(points, rows: all, batch.objective(loss), keepingBest: false)
        try climb(&search, from: points, steps: steps)
      } else {
        let recorded = try search.record(points, batch.objective(loss))
        try search.ascend(ascent, from: points, recorded: recorded, steps: steps - 1)
      }
    case .random:
      try climb(
        &search, from: search.set.randomPoints(batch.streams("pgd").map { $0.stream(restart) }), steps: steps)
    case .clean where aims(batch): try climb(&search, from: batch.pixels, steps: steps)
    case .clean: try search.ascend(ascent, from: batch.pixels, after: search.cleanPass(loss))
    }
  }

  /// Whether wrong classes are tried one by one; not where the goal names one itself.
  private func aims(_ batch: AttackBatch) -> Bool { targets > 0 && batch.goal == .misclassification }

  private func climb(_ search: inout AttackSearch, from points: Tensor, steps: Int) throws {
    if aims(search.batch) {
      try search.ascend(ascent, from: points, toward: search.batch.rivals(targets))
    } else {
      try search.ascend(ascent, from: points, steps: steps)
    }
  }

  var ascent: SteppedAscent { SteppedAscent(steps: steps, stepSize: stepSize, loss: loss) }
}
