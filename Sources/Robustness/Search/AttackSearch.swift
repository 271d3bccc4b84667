import Results
import TorchCore

/// What a search over one batch has found so far: of every sample the first point that reaches the goal, else the one
/// of highest loss that it passed.
///
/// A search runs on some samples of the batch, packed together. As bits may depend on a batch's size, what was found in
/// a packed batch is judged once more in the whole one (``confirm()``); a point that fails there is none, and its
/// sample is live again.
struct AttackSearch {
  let batch: AttackBatch
  let set: FeasibleSet

  private let smaller: AttackResult?
  private var best: Tensor
  private var bestLosses: [Float]
  /// Of the best points: reached in the whole batch.
  private var success: [Bool]
  private var predictions: [Int]
  /// Reached in a packed batch only, so far.
  private var isUnconfirmed: [Bool]
  private var effort: SearchEffort

  /// - Parameter smaller: what was found within a smaller ball; its successes are kept as they are.
  init(_ batch: AttackBatch, _ set: FeasibleSet, carrying smaller: AttackResult?) throws {
    self.batch = batch
    self.set = set
    self.smaller = smaller
    let start = try AttackResult.unperturbed(batch).overlaying(successesOf: smaller)
    best = start.adversarial
    success = start.success
    predictions = start.predictions
    bestLosses = Array(repeating: -.infinity, count: batch.count)
    isUnconfirmed = Array(repeating: false, count: batch.count)
    effort = SearchEffort(count: batch.count)
  }

  /// The samples that are still to be fooled, in order.
  var live: [Int] { success.indices.filter(isLive) }

  private func isLive(_ row: Int) -> Bool { !isUnconfirmed[row] && !success[row] && batch.isOpen[row] }

  /// The gradient of an objective at points of the samples `rows`; the points are judged on the way.
  /// - Parameters:
  ///   - rows: where the points stand in the batch; a sample may be there more than once.
  ///   - isInSet: false for points that may lie outside the set: they count as effort, and are not judged.
  mutating func pass(
    _ points: Tensor, rows: [Int], _ objective: AttackObjective, isInSet: Bool = true
  ) throws -> InputGradient {
    let pass = try InputGradient(batch.network, points, objective)
    effort.add(pass, rows: rows, where: live)
    if isInSet { try consider(points, rows: rows, logits: pass.logits, losses: pass.losses) }
    return pass
  }

  /// Judges points without a gradient.
  /// - Parameter keepingBest: whether a point that fails is kept where its loss is the highest so far; false where the
  ///   caller keeps them itself (``keep(_:rows:losses:)``).
  /// - Returns: the logits and each point's loss.
  @discardableResult
  mutating func judge(
    _ points: Tensor, rows: [Int], _ objective: AttackObjective, isInSet: Bool = true, keepingBest: Bool = true
  ) throws -> (logits: Tensor, losses: Tensor) {
    let network = batch.network
    let (logits, losses) = try withoutGradients {
      let logits = try network.logits(points)
      return (logits, try objective.values(logits))
    }
    effort.addForward(rows: rows, where: live)
    if isInSet { try consider(points, rows: rows, logits: logits, losses: keepingBest ? losses : nil) }
    return (logits, losses)
  }

  /// Keeps points that were judged and failed, where their loss is the highest so far.
  mutating func keep(_ points: Tensor, rows: [Int], losses: Tensor) throws {
    let values = try losses.floats()
    var sources: [Int?] = Array(repeating: nil, count: batch.count)
    for (place, row) in rows.enumerated() where isLive(row) && values[place] > bestLosses[row] {
      (bestLosses[row], sources[row]) = (values[place], place)
    }
    best = try best.replacingImages(sources, by: points)
  }

  /// Judges one point a sample in the whole batch; the pass can be differentiated there.
  mutating func record(_ points: Tensor, _ objective: AttackObjective) throws -> RecordedLoss {
    let recorded = try RecordedLoss(batch.network, points, objective)
    effort.addForward(rows: Array(0..<batch.count), where: live)
    try consider(points, rows: Array(0..<batch.count), logits: recorded.logits, losses: recorded.losses)
    return recorded
  }

  /// The gradient of a recorded pass over the whole batch.
  mutating func gradient(of recorded: RecordedLoss) throws -> InputGradient {
    let pass = try recorded.gradient()
    effort.addGradients(
      1, isZero: pass.isZero, isNonFinite: pass.isNonFinite, rows: Array(0..<batch.count), where: live)
    return pass
  }

  /// The gradient at the clean images, shared with other attacks; the search does not judge them again.
  mutating func cleanPass(_ loss: AttackLoss) throws -> InputGradient {
    let pass = try batch.cleanGradient(of: loss)
    effort.add(pass, rows: Array(0..<batch.count), where: live)
    return pass
  }

  /// Judges in the whole batch what was found in packed ones since the last time. No sample pays for that, so that its
  /// effort does not depend on its neighbours.
  mutating func confirm() throws {
    guard isUnconfirmed.contains(true) else { return }
    let verdict = try Judgement(batch.network, best, labels: batch.labels, goal: batch.goal)
    for row in isUnconfirmed.indices where isUnconfirmed[row] {
      (success[row], predictions[row]) = (verdict.reached[row], verdict.predictions[row])
    }
    isUnconfirmed = Array(repeating: false, count: batch.count)
  }

  /// The best point of each sample, judged in the whole batch.
  mutating func result() throws -> AttackResult {
    try confirm()
    var raw = best
    if let smaller, smaller.success.contains(true) {
      raw = try sampleMask(smaller.success, like: best).select(smaller.raw, best)
    }
    return AttackResult(
      adversarial: best, raw: raw, success: success, predictions: predictions,
      distances: try distances(set.norm, best, from: batch.pixels), effort: effort)
  }

  /// Success comes first, then the highest loss; a sample that is fooled keeps its first adversarial.
  private mutating func consider(_ points: Tensor, rows: [Int], logits: Tensor, losses: Tensor?) throws {
    let verdict = try Judgement(
      logits: logits, labels: rows.map { batch.labels[$0] }, goal: batch.goal.selecting(rows))
    let isWhole = rows.elementsEqual(0..<batch.count)
    let values = try losses?.floats()
    var sources: [Int?] = Array(repeating: nil, count: batch.count)
    for (place, row) in rows.enumerated() where isLive(row) {
      let loss = values?[place]
      guard verdict.reached[place] || loss.map({ $0 > bestLosses[row] }) ?? false else { continue }
      bestLosses[row] = loss ?? -.infinity
      if verdict.reached[place] { if isWhole { success[row] = true } else { isUnconfirmed[row] = true } }
      predictions[row] = verdict.predictions[place]
      sources[row] = place
    }
    best = try best.replacingImages(sources, by: points)
  }
}
