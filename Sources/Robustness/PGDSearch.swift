import Results
import TorchCore

/// The loop of PGD over one batch, with a radius per sample.
///
/// Samples that are fooled leave the working set, which is packed anew once fewer than three in four of it are live. As
/// bits may depend on a batch's size, what was found in a packed batch is judged once more in the whole one.
struct PGDSearch {
  private let pgd: PGD
  private let batch: AttackBatch
  private let norm: PerturbationNorm
  private let set: FeasibleSet

  private var best: Tensor
  private var bestLosses: [Float]
  /// Fooled in the whole batch: final.
  private var settled: AttackResult
  /// Fooled in a packed batch since.
  private var found: [Bool]
  private var record: GradientRecord

  init(
    _ pgd: PGD, _ batch: AttackBatch, _ norm: PerturbationNorm, radii: [Double], carrying smaller: AttackResult?
  ) throws {
    self.pgd = pgd
    self.batch = batch
    self.norm = norm
    set = try FeasibleSet(norm, around: batch.pixels, radii: radii)
    settled = try AttackResult.unperturbed(batch).overlaying(successesOf: smaller)
    best = settled.adversarial
    bestLosses = Array(repeating: -.infinity, count: batch.count)
    found = Array(repeating: false, count: batch.count)
    record = GradientRecord(count: batch.count)
  }

  private var live: [Int] { found.indices.filter { !found[$0] && !settled.success[$0] } }

  /// One restart.
  mutating func run(from start: PGD.Start, restart: Int) throws {
    guard !live.isEmpty else { return }
    switch start {
    case .singleStep:
      let clean = try batch.cleanGradient(of: .crossEntropy)
      record.add(clean, rows: Array(0..<batch.count), where: live)
      let points = try FGSM.points(batch, clean, set)
      // Judged exactly as FGSM judges it, so that a sample FGSM fools is always fooled here.
      try settle(.judged(batch, points, norm, GradientStatistics()))
      try iterate(from: points, steps: pgd.steps - 1)
    case .random: try iterate(from: randomPoints(restart), steps: pgd.steps)
    case .clean:
      let clean = try batch.cleanGradient(of: pgd.loss)
      record.add(clean, rows: Array(0..<batch.count), where: live)
      let pack = try WorkingSet(Array(0..<batch.count), batch, set, pgd, at: batch.pixels)
      try iterate(from: pack.advanced(by: clean).points, steps: pgd.steps - 1)
    }
  }

  /// One restart from given points, inside the set or not.
  mutating func run(from points: Tensor) throws { try iterate(from: set.project(points), steps: pgd.steps) }

  /// The best point of each sample, judged in the whole batch.
  func result() throws -> AttackResult {
    var result = settled
    if found.contains(true) {
      result = try .judged(batch, best, norm, GradientStatistics()).overlaying(successesOf: settled)
    } else {
      result.adversarial = best
      result.distances = try distances(norm, best, from: batch.pixels)
    }
    result.gradients = record.statistics
    return result
  }

  /// Takes over the successes of a result judged in the whole batch.
  private mutating func settle(_ result: AttackResult) throws {
    settled = try result.overlaying(successesOf: settled)
    best = try sampleMask(settled.success, like: best).select(settled.adversarial, best)
  }

  private mutating func iterate(from points: Tensor, steps: Int) throws {
    guard !live.isEmpty else { return }
    var pack = try WorkingSet(live, batch, set, pgd, at: points)
    for _ in 0..<steps {
      let pass = try InputGradient(batch.network, pack.points, pack.labels, pgd.loss)
      record.add(pass, rows: pack.rows, where: live)
      try keepBest(of: pack, logits: pass.logits, losses: pass.losses)
      let remaining = live
      guard !remaining.isEmpty else { return }
      pack = try pack.advanced(by: pass)
      if 4 * remaining.count < 3 * pack.rows.count { pack = try pack.keeping(remaining) }
    }
    let (network, loss) = (batch.network, pgd.loss)
    let (logits, losses) = try withoutGradients {
      let logits = try network.logits(pack.points)
      return (logits, try loss.values(logits, pack.labels))
    }
    try keepBest(of: pack, logits: logits, losses: losses)
  }

  /// Success comes first, then the highest loss; a sample that is fooled keeps its first adversarial.
  private mutating func keepBest(of pack: WorkingSet, logits: Tensor, losses: Tensor) throws {
    let verdict = try Judgement(logits: logits, labels: pack.rows.map { batch.labels[$0] })
    let values = try losses.floats()
    var sources = Array(repeating: 0, count: batch.count)
    var improved = Array(repeating: false, count: batch.count)
    for (place, row) in pack.rows.enumerated() where !found[row] && !settled.success[row] {
      let isFooled = !verdict.correct[place]
      guard isFooled || values[place] > bestLosses[row] else { continue }
      bestLosses[row] = values[place]
      found[row] = isFooled
      sources[row] = place
      improved[row] = true
    }
    guard improved.contains(true) else { return }
    let index = try Tensor(indices: sources).to(best.device)
    best = try sampleMask(improved, like: best).select(pack.points.selectingImages(index), best)
  }

  private func randomPoints(_ restart: Int) throws -> Tensor {
    try set.randomPoints(batch.streams("pgd").map { $0.stream(restart) }, attack: pgd.name)
  }
}

/// The samples that a step works on, packed together.
private struct WorkingSet {
  /// Where they stand in the batch.
  let rows: [Int]
  let points: Tensor
  let labels: Tensor
  private let set: FeasibleSet
  /// α, N×1×1×1.
  private let stepSizes: Tensor

  /// `points` is over the whole batch.
  init(_ rows: [Int], _ batch: AttackBatch, _ set: FeasibleSet, _ pgd: PGD, at points: Tensor) throws {
    let whole = try WorkingSet(
      rows: Array(0..<batch.count), points: points, labels: batch.labelTensor, set: set,
      stepSizes: pgd.stepSizes(set.stepRadii()))
    // A batch that is whole stays as it is: no copy, and the same bits as any other pass over it.
    self = 4 * rows.count < 3 * batch.count ? try whole.keeping(rows) : whole
  }

  private init(rows: [Int], points: Tensor, labels: Tensor, set: FeasibleSet, stepSizes: Tensor) {
    self.rows = rows
    self.points = points
    self.labels = labels
    self.set = set
    self.stepSizes = stepSizes
  }

  func advanced(by pass: InputGradient) throws -> WorkingSet {
    let direction = try pass.steepestDirection(set.norm, attack: "pgd")
    return WorkingSet(
      rows: rows, points: try set.project(points.addingProduct(direction, stepSizes)), labels: labels, set: set,
      stepSizes: stepSizes)
  }

  /// Packs the samples `kept`, a part of ``rows``, together.
  func keeping(_ kept: [Int]) throws -> WorkingSet {
    let wanted = Set(kept)
    let places = rows.indices.filter { wanted.contains(rows[$0]) }
    let index = try Tensor(indices: places).to(points.device)
    return try WorkingSet(
      rows: places.map { rows[$0] }, points: points.selectingImages(index),
      labels: labels.selecting(0, index), set: set.selecting(index), stepSizes: stepSizes.selecting(0, index))
  }
}
