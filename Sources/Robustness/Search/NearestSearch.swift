import Results
import TorchCore

/// What a search for the nearest adversarials of a batch has found so far.
///
/// A search runs on some samples of the batch, packed together. As bits may depend on a batch's size, what was found in
/// a packed batch is judged once more in the whole one (``confirm()``); where it fails there, the one that it replaced
/// is tried, and else the nearest that held before stays.
struct NearestSearch {
  let batch: AttackBatch
  let norm: PerturbationNorm

  /// Judged in the whole batch.
  private var held: NearestPoints
  /// The nearest so far, perhaps judged in a packed batch only, and the one that it replaced.
  private var latest: NearestPoints
  private var replaced: NearestPoints
  private var effort: SearchEffort

  init(_ batch: AttackBatch, _ norm: PerturbationNorm) {
    self.batch = batch
    self.norm = norm
    held = NearestPoints(none: batch)
    latest = held
    replaced = held
    effort = SearchEffort(count: batch.count)
  }

  /// The samples that are open to attack, in order; none where there is no second class.
  var open: [Int] { batch.network.classCount > 1 ? batch.openRows() : [] }

  /// How far the nearest adversarial of each sample is; infinite where none was found.
  var distances: [Double] { latest.distances }

  /// The nearest adversarials so far; the clean image where none was found.
  var points: Tensor { latest.points }

  /// A forward pass that can be differentiated; the points are judged on the way.
  /// - Parameter live: the samples that count; others ride along in the pack.
  /// - Returns: the pass, and which points reach the goal.
  mutating func record(
    _ points: Tensor, of samples: PackedSamples, where live: [Int]
  ) throws -> (pass: RecordedPass, reached: [Bool]) {
    let pass = try RecordedPass(batch.network, points)
    return (pass, try consider(points, of: samples, where: live, logits: pass.logits))
  }

  /// Judges points without a gradient.
  mutating func judge(
    _ points: Tensor, of samples: PackedSamples, where live: [Int]
  ) throws -> (logits: Tensor, reached: [Bool]) {
    let network = batch.network
    let logits = try withoutGradients { try network.logits(points) }
    return (logits, try consider(points, of: samples, where: live, logits: logits))
  }

  /// The nearest of the boundaries that `choice` names, by one backward pass for each.
  mutating func nearestBoundary(
    _ pass: RecordedPass, _ choice: ClassPairs, of samples: PackedSamples, where live: [Int]
  ) throws -> NearestBoundary {
    let boundary = try pass.nearestBoundary(choice, norm)
    effort.addGradients(
      boundary.evaluations, isZero: try boundary.isZero(), isNonFinite: try boundary.isNonFinite(),
      rows: samples.rows.rows, where: live)
    return boundary
  }

  /// Judges in the whole batch what was found since the last time.
  mutating func confirm() throws {
    try hold(latest)
    try hold(replaced)
    latest = held
    replaced = NearestPoints(none: batch)
  }

  mutating func result() throws -> NearestAdversarials {
    try confirm()
    let exact = try Robustness.distances(norm, held.points, from: batch.pixels)
    return NearestAdversarials(
      distances: batch.labels.indices.map {
        batch.cleanReached[$0] ? 0 : held.distances[$0].isFinite ? exact[$0] : nil
      }, adversarial: held.points, effort: effort)
  }

  private mutating func hold(_ found: NearestPoints) throws {
    let isNearer = zip(found.distances, held.distances).map { $0 < $1 }
    guard isNearer.contains(true) else { return }
    let points = try sampleMask(isNearer, like: found.points).select(found.points, batch.pixels)
    let verdict = try Judgement(batch.network, points, labels: batch.labels, goal: batch.goal)
    let asked = isNearer.indices.filter { isNearer[$0] }
    effort.addForward(rows: asked, where: asked)
    let holds = zip(isNearer, verdict.reached).map { $0 && $1 }
    held = try held.replacing(holds, by: points, found.distances)
  }

  /// A sample's point counts where it reaches the goal nearer than any before.
  private mutating func consider(
    _ points: Tensor, of samples: PackedSamples, where live: [Int], logits: Tensor
  ) throws -> [Bool] {
    let rows = samples.rows.rows
    effort.addForward(rows: rows, where: live)
    let verdict = try Judgement(
      logits: logits, labels: rows.map { batch.labels[$0] }, goal: batch.goal.selecting(rows))
    let reaching = verdict.reached.indices.filter { verdict.reached[$0] }
    guard !reaching.isEmpty else { return verdict.reached }
    let index = try Tensor(indices: reaching).to(points.device)
    let lengths = try Robustness.distances(
      norm, points.selecting(0, index), from: samples.clean.selecting(0, index))
    var found = Array(repeating: Double.infinity, count: rows.count)
    for (place, length) in zip(reaching, lengths) { found[place] = length }
    var isLive = Array(repeating: false, count: batch.count)
    for row in live { isLive[row] = true }
    var nearest = latest.distances
    var sources = Array(repeating: 0, count: batch.count)
    for (place, row) in rows.enumerated()
    where isLive[row] && verdict.reached[place] && found[place] < nearest[row] {
      nearest[row] = found[place]
      sources[row] = place
    }
    let improved = zip(nearest, latest.distances).map { $0 < $1 }
    if improved.contains(true) {
      let chosen = try points.selectingImages(Tensor(indices: sources).to(points.device))
      replaced = try replaced.replacing(improved, by: latest.points, latest.distances)
      latest = try latest.replacing(improved, by: chosen, nearest)
    }
    return verdict.reached
  }
}

/// One point for each sample of a batch, and how far it is from the clean image.
private struct NearestPoints {
  /// N×C×H×W.
  let points: Tensor
  /// Infinite where there is none.
  let distances: [Double]

  init(none batch: AttackBatch) {
    points = batch.pixels
    distances = Array(repeating: .infinity, count: batch.count)
  }

  private init(_ points: Tensor, _ distances: [Double]) {
    self.points = points
    self.distances = distances
  }

  func replacing(_ chosen: [Bool], by other: Tensor, _ lengths: [Double]) throws -> NearestPoints {
    guard chosen.contains(true) else { return self }
    return NearestPoints(
      try sampleMask(chosen, like: points).select(other, points),
      chosen.indices.map { chosen[$0] ? lengths[$0] : distances[$0] })
  }
}
