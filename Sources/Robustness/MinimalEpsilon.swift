import Results
import TorchCore

/// The smallest L2 perturbation that PGD finds for each image: the upper side of a certificate's bracket.
///
/// The radius doubles from ``firstRadius`` until PGD succeeds or the whole box is searched; then the interval between
/// the largest radius that withstood and the nearest adversarial is halved ``bisections`` times. Every bisection starts
/// from the nearest adversarial, pulled back to the new radius. A radius that withstood is no proof: only the distances
/// of adversarials are results.
public struct MinimalEpsilon: Sendable {
  /// Steps, step size and loss at every radius; its restarts serve the first, growing part.
  public var pgd: PGD
  /// In pixels, > 0.
  public var firstRadius: Double
  public var bisections: Int

  public init(
    pgd: PGD = PGD(steps: 20, starts: [.singleStep], loss: .logitMargin), firstRadius: Double = 0.125,
    bisections: Int = 8
  ) {
    self.pgd = pgd
    self.firstRadius = firstRadius
    self.bisections = bisections
  }

  /// Distances in fp64 and the adversarials they belong to.
  public struct Result {
    /// Nil where no adversarial was found; 0 for an image misclassified clean.
    public var distances: [Double?]
    /// N×C×H×W; the clean image where none was found.
    public var adversarial: Tensor
  }

  /// - Throws: ``RobustnessError``, `TorchError`.
  public func search(_ batch: AttackBatch) throws -> Result {
    try pgd.check(.l2)
    guard firstRadius > 0, firstRadius.isFinite else {
      throw RobustnessError.invalidSetting(name: "the first radius", reason: "must be above 0 and finite")
    }
    var (withstood, best) = try grow(batch)
    for _ in 0..<bisections {
      guard best.success.contains(true), let open = try narrowed(batch, &withstood, best) else { break }
      best = open
    }
    return Result(
      distances: zip(best.success, best.distances).map { $0 ? $1 : nil },
      adversarial: try sampleMask(best.success, like: best.adversarial).select(best.adversarial, batch.pixels))
  }

  /// The first radius of the doubling series at which each image falls, and the last one that it withstood.
  private func grow(_ batch: AttackBatch) throws -> (withstood: [Double], best: AttackResult) {
    let diameter = FeasibleSet.boxDiameter(.l2, dimensions: batch.network.inputShape.reduce(1, *))
    var withstood = Array(repeating: 0.0, count: batch.count)
    var best = AttackResult.unperturbed(batch)
    var radius = min(firstRadius, diameter)
    while best.success.contains(false) {
      let radii = Array(repeating: radius, count: batch.count)
      var search = try PGDSearch(pgd, batch, .l2, radii: radii, carrying: best)
      for (restart, start) in pgd.starts.enumerated() { try search.run(from: start, restart: restart) }
      best = try search.result()
      for image in withstood.indices where !best.success[image] { withstood[image] = radius }
      guard radius < diameter else { break }
      radius = min(2 * radius, diameter)
    }
    return (withstood, best)
  }

  /// Tries the middle of every image's interval; nil where all intervals are closed.
  private func narrowed(
    _ batch: AttackBatch, _ withstood: inout [Double], _ best: AttackResult
  ) throws -> AttackResult? {
    let middles = zip(withstood, best.distances).map { ($0 + $1) / 2 }
    let isOpen = batch.labels.indices.map {
      best.success[$0] && withstood[$0] < middles[$0] && middles[$0] < best.distances[$0]
    }
    guard isOpen.contains(true) else { return nil }
    // Closed intervals are carried as they are, so nothing is spent on them.
    var closed = best
    closed.success = isOpen.map { !$0 }
    var search = try PGDSearch(pgd, batch, .l2, radii: middles, carrying: closed)
    try search.run(from: best.adversarial)
    let tried = try search.result()
    var fallen = best
    fallen.success = isOpen.indices.map { best.success[$0] && !(isOpen[$0] && tried.success[$0]) }
    for image in isOpen.indices where isOpen[image] && !tried.success[image] { withstood[image] = middles[image] }
    // Where the middle fell its adversarial is nearer; everywhere else the former one stays.
    var merged = try tried.overlaying(successesOf: fallen)
    merged.success = best.success
    return merged
  }
}
