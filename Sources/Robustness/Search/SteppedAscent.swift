import Results
import TorchCore

/// How an iterated attack climbs: x ← Π(x + α·d), d the steepest direction of the loss, or of the gradients gathered so
/// far.
struct SteppedAscent {
  var steps: Int
  var stepSize: StepSize
  var loss: AttackLoss
  /// μ of MI-FGSM: g ← μ·g + ∇/‖∇‖₁; nil takes each gradient on its own.
  var decay: Double?

  init(steps: Int, stepSize: StepSize, loss: AttackLoss, decay: Double? = nil) {
    self.steps = steps
    self.stepSize = stepSize
    self.loss = loss
    self.decay = decay
  }

  func check(_ attack: String) throws {
    try RobustnessError.require(steps >= 1, "\(attack)'s steps", "must be at least 1")
    try stepSize.check(attack)
    try RobustnessError.require(
      decay.map { $0 >= 0 && $0.isFinite } ?? true, "\(attack)'s decay", "must be at least 0 and finite")
  }

  /// The whole attack that climbs once, from the clean images; its first gradient is the one that attacks share.
  /// - Parameter attack: as messages name it.
  func climbFromClean(
    _ batch: AttackBatch, within ball: PerturbationBall, carrying smaller: AttackResult?, attack: String
  ) throws -> AttackResult {
    try check(attack)
    guard batch.count > 0 else { return .unperturbed(batch) }
    var search = try AttackSearch(batch, FeasibleSet(ball, around: batch.pixels), carrying: smaller)
    if !search.live.isEmpty { try search.ascend(self, from: batch.pixels, after: search.cleanPass(loss)) }
    return try search.result()
  }
}

extension AttackSearch {
  /// Climbs from one point a sample until `steps` gradients are spent; the last point is judged by a forward pass.
  ///
  /// - Parameters:
  ///   - points: over the whole batch, inside the set.
  ///   - steps: nil for as many as the rule has.
  mutating func ascend(_ rule: SteppedAscent, from points: Tensor, steps: Int? = nil) throws {
    let whole = try AscendingPoints(
      rule, self, rows: Array(0..<batch.count), points: points, batch.objective(rule.loss))
    try ascend(rule, whole, steps: steps ?? rule.steps)
  }

  /// The same from a gradient that is known already, the first of the steps.
  mutating func ascend(_ rule: SteppedAscent, from points: Tensor, after pass: InputGradient) throws {
    let whole = try AscendingPoints(
      rule, self, rows: Array(0..<batch.count), points: points, batch.objective(rule.loss))
    try ascend(rule, whole.advanced(by: pass), steps: rule.steps - 1)
  }

  /// The same from points whose pass over the whole batch is recorded: its gradient is the first of the steps, unless
  /// so few samples are live that packing pays.
  mutating func ascend(
    _ rule: SteppedAscent, from points: Tensor, recorded: RecordedLoss, steps: Int
  ) throws {
    guard steps > 0, !live.isEmpty else { return }
    let whole = try AscendingPoints(
      rule, self, rows: Array(0..<batch.count), points: points, batch.objective(rule.loss))
    let pack = try whole.packed(to: live)
    if pack.rows.rows.count < batch.count {
      try ascend(rule, pack, steps: steps)
    } else {
      try ascend(rule, whole.advanced(by: gradient(of: recorded)), steps: steps - 1)
    }
  }

  /// Climbs toward each of several classes, for every sample that is live, as many at once as the batch has room for.
  ///
  /// - Parameters:
  ///   - targets: for each sample of the batch its classes, in the order in which they are tried; equally many.
  ///   - points: over the whole batch, inside the set.
  mutating func ascend(_ rule: SteppedAscent, from points: Tensor, toward targets: [[Int]]) throws {
    try forEachTarget(targets) { search, rows, chosen in
      let index = try Tensor(indices: rows).to(points.device)
      let objective = try search.batch.objective(rule.loss, of: index, toward: chosen)
      let pack = try AscendingPoints(rule, search, rows: rows, points: points.selectingImages(index), objective)
      try search.ascend(rule, pack, steps: rule.steps)
    }
  }

  /// Calls `body` with live samples and a target for each, at most as many pairs at once as the batch has samples.
  mutating func forEachTarget(
    _ targets: [[Int]], _ body: (inout AttackSearch, _ rows: [Int], _ targets: [Int]) throws -> Void
  ) throws {
    let total = targets.first?.count ?? 0
    var rank = 0
    while rank < total, !live.isEmpty {
      let pairs = TargetPairs(batch, live, from: rank, of: total)
      try body(&self, pairs.rows, zip(pairs.rows, pairs.ranks).map { targets[$0][$1] })
      rank = pairs.next
    }
  }

  private mutating func ascend(_ rule: SteppedAscent, _ start: AscendingPoints, steps: Int) throws {
    guard !live.isEmpty else { return }
    var pack = try start.packed(to: live)
    for _ in 0..<steps {
      let pass = try pass(pack.points, rows: pack.rows.rows, pack.objective)
      let remaining = live
      guard !remaining.isEmpty else { return }
      pack = try pack.advanced(by: pass).packed(to: remaining)
    }
    try judge(pack.points, rows: pack.rows.rows, pack.objective)
  }
}

/// The points of an ascent and all that belongs to each.
private struct AscendingPoints {
  let rows: LiveRows
  let points: Tensor
  let objective: AttackObjective
  private let set: FeasibleSet
  /// α, N×1×1×1.
  private let stepSizes: Tensor
  private let decay: Double?
  /// The gradients gathered so far; nil before the first one.
  private var gathered: Tensor?

  init(
    _ rule: SteppedAscent, _ search: AttackSearch, rows: [Int], points: Tensor, _ objective: AttackObjective
  ) throws {
    self.rows = LiveRows(rows)
    self.points = points
    self.objective = objective
    set =
      rows.count == search.batch.count && rows == Array(0..<rows.count)
      ? search.set : try search.set.selecting(Tensor(indices: rows).to(points.device))
    stepSizes = try rule.stepSize.values(set.stepRadii(), steps: rule.steps)
    decay = rule.decay
  }

  private init(_ other: AscendingPoints, points: Tensor, gathered: Tensor?) {
    (rows, objective, set, stepSizes, decay) = (other.rows, other.objective, other.set, other.stepSizes, other.decay)
    self.points = points
    self.gathered = gathered
  }

  private init(_ other: AscendingPoints, _ rows: LiveRows, places: Tensor) throws {
    self.rows = rows
    points = try other.points.selectingImages(places)
    objective = try other.objective.selecting(places)
    set = try other.set.selecting(places)
    stepSizes = try other.stepSizes.selecting(0, places)
    decay = other.decay
    gathered = try other.gathered?.selectingImages(places)
  }

  func advanced(by pass: InputGradient) throws -> AscendingPoints {
    guard let decay else {
      let direction = try pass.steepestDirection(set.norm, at: points)
      return try AscendingPoints(self, points: set.project(points.addingProduct(direction, stepSizes)), gathered: nil)
    }
    let size = try pass.gradient.norm(1, [1, 2, 3], keepingDimensions: true)
    let unit = try pass.gradient / size.greater(0).select(size, size.zerosLike() + 1)
    let sum = try gathered.map { try unit + $0 * decay } ?? unit
    let direction = try steepestDirection(of: sum, set.norm, at: points)
    return try AscendingPoints(self, points: set.project(points.addingProduct(direction, stepSizes)), gathered: sum)
  }

  func packed(to live: [Int]) throws -> AscendingPoints {
    guard let (rows, places) = try rows.packed(to: live, on: points.device) else { return self }
    return try AscendingPoints(self, rows, places: places)
  }
}
