import Results
import TorchCore

/// What a search over one batch has found so far: of every sample the first point that reaches the goal, else the one of
/// highest loss that it passed.
///
/// A search runs on some samples of the batch, packed together. As bits may depend on a batch's size, what was found in
/// a packed batch is judged once more in the whole one.
struct AttackSearch {
  let batch: AttackBatch
  let set: FeasibleSet

  private var best: Tensor
  private var bestLosses: [Float]
  /// Reached in the whole batch: final.
  private var settled: AttackResult
  /// Reached in a packed batch since.
  private var found: [Bool]
  private var effort: SearchEffort

  /// - Parameter smaller: what was found within a smaller ball; its successes are kept as they are.
  init(_ batch: AttackBatch, _ set: FeasibleSet, carrying smaller: AttackResult?) throws {
    self.batch = batch
    self.set = set
    settled = try AttackResult.unperturbed(batch).overlaying(successesOf: smaller)
    best = settled.adversarial
    bestLosses = Array(repeating: -.infinity, count: batch.count)
    found = Array(repeating: false, count: batch.count)
    effort = SearchEffort(count: batch.count)
  }

  /// The samples that are still to be fooled, in order.
  var live: [Int] { found.indices.filter { !found[$0] && !settled.success[$0] && batch.isOpen[$0] } }

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
  /// - Returns: the logits and each point's loss.
  @discardableResult
  mutating func judge(
    _ points: Tensor, rows: [Int], _ objective: AttackObjective, isInSet: Bool = true
  ) throws -> (logits: Tensor, losses: Tensor) {
    let network = batch.network
    let (logits, losses) = try withoutGradients {
      let logits = try network.logits(points)
      return (logits, try objective.values(logits))
    }
    effort.addForward(rows: rows, where: live)
    if isInSet { try consider(points, rows: rows, logits: logits, losses: losses) }
    return (logits, losses)
  }

  /// The gradient at the clean images, shared with other attacks; the search does not judge them again.
  mutating func cleanPass(_ loss: AttackLoss) throws -> InputGradient {
    let pass = try batch.cleanGradient(of: loss)
    effort.add(pass, rows: Array(0..<batch.count), where: live)
    return pass
  }

  /// Judges one point a sample in the whole batch.
  mutating func settle(_ points: Tensor) throws {
    let open = live
    let result = try AttackResult.judged(batch, points, set.norm, SearchEffort(count: batch.count))
    effort.addForward(rows: open, where: open)
    settled = try result.overlaying(successesOf: settled)
    best = try sampleMask(settled.success, like: best).select(settled.adversarial, best)
  }

  /// The best point of each sample, judged in the whole batch.
  func result() throws -> AttackResult {
    var result = settled
    if found.contains(true) {
      result = try .judged(batch, best, set.norm, SearchEffort(count: batch.count)).overlaying(successesOf: settled)
    } else {
      result.adversarial = best
      result.raw = best
      result.distances = try distances(set.norm, best, from: batch.pixels)
    }
    result.gradients = effort.statistics
    result.queries = zip(effort.queries, found).map { $1 ? $0 + 1 : $0 }
    return result
  }

  /// Success comes first, then the highest loss; a sample that is fooled keeps its first adversarial.
  private mutating func consider(_ points: Tensor, rows: [Int], logits: Tensor, losses: Tensor) throws {
    let verdict = try Judgement(
      logits: logits, labels: rows.map { batch.labels[$0] }, goal: batch.goal.selecting(rows))
    let values = try losses.floats()
    var sources: [Int?] = Array(repeating: nil, count: batch.count)
    for (place, row) in rows.enumerated() where !found[row] && !settled.success[row] && batch.isOpen[row] {
      guard verdict.reached[place] || values[place] > bestLosses[row] else { continue }
      bestLosses[row] = values[place]
      found[row] = verdict.reached[place]
      sources[row] = place
    }
    best = try best.replacingImages(sources, by: points)
  }
}
