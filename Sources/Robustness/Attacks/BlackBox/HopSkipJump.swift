import Results
import TorchCore

/// HopSkipJump (Chen, Jordan and Wainwright 2020) in L2 and L∞: the nearest adversarial by labels alone.
///
/// From an adversarial image it walks along the boundary of the class: bisection to the boundary, an estimate of the
/// boundary's normal from the labels of points around, a step along it that stays adversarial, and again. The search
/// sees the network as a ``HardLabelNetwork``. The nearest of all boundary points is kept.
public struct HopSkipJump: NearestAttack {
  /// Forward passes on a sample, at most; three of them are kept for verdicts on what was found.
  public var queries: Int
  /// B₀: points of the first estimate; the t-th takes B₀·√t.
  public var firstEstimate: Int
  /// The walk begins at the nearest of so many starts, where the budget is large enough for them.
  public var starts: Int

  public init(queries: Int, firstEstimate: Int = 100, starts: Int = 5) {
    self.queries = queries
    self.firstEstimate = firstEstimate
    self.starts = starts
  }

  public var name: String { AttackKind.hopSkipJump.rawValue }
  public func settings(classes: Int) -> String {
    "\(queries) queries for labels alone, estimates of the normal from \(firstEstimate)·√t points, from the "
      + "nearest of \(starts) start(s) in blended noise"
  }

  public func nearest(_ batch: AttackBatch, _ norm: PerturbationNorm) throws -> NearestAdversarials {
    try check(norm)
    let open = batch.openRows()
    guard !open.isEmpty else { return try NearestAdversarials(.unperturbed(batch), batch) }
    let labels = HardLabelNetwork(batch, queries: queries - Self.verdicts)
    var walk = try BoundaryWalk(
      labels, batch.pixels, norm, streams: batch.streams("hop-skip-jump"), rows: open, starts: starts)
    for round in 1...queries {
      guard try walk.advance(round: round, estimate: Int(Double(firstEstimate) * Double(round).squareRoot())) else {
        break
      }
    }
    return try confirmed(walk, batch)
  }

  /// Two verdicts in the whole batch here, and one where the adversarials are judged in a ball.
  private static let verdicts = 3

  /// The walk's points, judged once more in the whole batch. Bits depend on a batch's size, and the points lie so near
  /// the boundary that one may be lost to that: such a point is taken a little farther out.
  private func confirmed(_ walk: BoundaryWalk, _ batch: AttackBatch) throws -> NearestAdversarials {
    let points = try walk.wholeBatch()
    let spent = walk.queries.indices.map { batch.isOpen[$0] ? walk.queries[$0] + 1 : 0 }
    var result = try AttackResult.judged(batch, points, walk.norm, SearchEffort(count: batch.count))
    let isLost = batch.isOpen.indices.map { walk.hasAdversarial[$0] && !result.success[$0] }
    result.effort = SearchEffort(queries: spent)
    guard isLost.contains(true) else { return try NearestAdversarials(result, batch) }
    let farther = try points.addingProduct(points - batch.pixels, points.zerosLike() + 0x1p-8).clamped(0, 1)
    let again = try sampleMask(isLost, like: points).select(farther, points)
    var second = try AttackResult.judged(batch, again, walk.norm, SearchEffort(count: batch.count))
      .overlaying(successesOf: result)
    second.effort = SearchEffort(queries: zip(spent, isLost).map { $1 ? $0 + 1 : $0 })
    return try NearestAdversarials(second, batch)
  }

  private func check(_ norm: PerturbationNorm) throws {
    try AttackKind.hopSkipJump.requireForm(norm)
    try RobustnessError.require(
      queries > Self.verdicts, "HopSkipJump's queries", "must be above \(Self.verdicts), which its verdicts take")
    try RobustnessError.require(firstEstimate >= 1, "HopSkipJump's first estimate", "must be at least 1 point")
    try RobustnessError.require(starts >= 1, "HopSkipJump's starts", "must be at least 1")
  }
}
