import Results
import TorchCore

/// The smallest perturbation that PGD finds for each image, by bisection: the upper side of a certificate's bracket.
///
/// The radius doubles, from a 256th of the box's diameter, until PGD succeeds or the whole box is searched; then the
/// interval between the largest radius that withstood and the nearest adversarial is halved ``bisections`` times. Every
/// bisection starts from the nearest adversarial, pulled back to the new radius. A radius that withstood is no proof:
/// only the distances of adversarials are results.
public struct MinimalEpsilon: NearestAttack {
  /// Steps, step size and loss at every radius; its restarts serve the first, growing part.
  public var pgd: PGD
  public var bisections: Int

  public init(
    pgd: PGD = PGD(steps: 20, starts: [.singleStep], loss: .logitMargin), bisections: Int = 8
  ) {
    self.pgd = pgd
    self.bisections = bisections
  }

  public var name: String { AttackKind.minimalEpsilon.rawValue }
  public var usesCleanGradient: Bool { pgd.usesCleanGradient }
  public func settings(classes: Int) -> String {
    "\(bisections) bisections of the radius, each by PGD: \(pgd.settings(classes: classes))"
  }

  public func nearest(_ batch: AttackBatch, _ norm: PerturbationNorm) throws -> NearestAdversarials {
    try pgd.check()
    var (withstood, best) = try grow(batch, norm)
    for _ in 0..<bisections {
      guard best.success.contains(true), let open = try narrowed(batch, norm, &withstood, best) else { break }
      best = open
    }
    return try NearestAdversarials(best, batch)
  }

  /// The first radius of the doubling series at which each image falls, and the last one that it withstood.
  private func grow(_ batch: AttackBatch, _ norm: PerturbationNorm) throws -> (withstood: [Double], best: AttackResult)
  {
    let diameter = FeasibleSet.boxDiameter(norm, dimensions: batch.network.inputShape.reduce(1, *))
    var withstood = Array(repeating: 0.0, count: batch.count)
    var best = AttackResult.unperturbed(batch)
    var radius = diameter / 256
    while !batch.openRows(besides: best.success).isEmpty {
      let radii = Array(repeating: radius, count: batch.count)
      var search = try AttackSearch(batch, FeasibleSet(norm, around: batch.pixels, radii: radii), carrying: best)
      try pgd.runAll(&search)
      best = try search.result().adding(effortOf: best)
      for image in withstood.indices where !best.success[image] { withstood[image] = radius }
      guard radius < diameter else { break }
      radius = min(2 * radius, diameter)
    }
    return (withstood, best)
  }

  /// Tries the middle of every image's interval; nil where all intervals are closed.
  private func narrowed(
    _ batch: AttackBatch, _ norm: PerturbationNorm, _ withstood: inout [Double], _ best: AttackResult
  ) throws -> AttackResult? {
    let middles = zip(withstood, best.distances).map { ($0 + $1) / 2 }
    let isOpen = batch.labels.indices.map {
      best.success[$0] && withstood[$0] < middles[$0] && middles[$0] < best.distances[$0]
    }
    guard isOpen.contains(true) else { return nil }
    // Closed intervals are carried as they are, so nothing is spent on them.
    var closed = best
    closed.success = isOpen.map { !$0 }
    let set = try FeasibleSet(norm, around: batch.pixels, radii: middles)
    var search = try AttackSearch(batch, set, carrying: closed)
    try search.ascend(pgd.ascent, from: set.project(best.adversarial))
    let tried = try search.result().adding(effortOf: best)
    var fallen = best
    fallen.success = isOpen.indices.map { best.success[$0] && !(isOpen[$0] && tried.success[$0]) }
    for image in isOpen.indices where isOpen[image] && !tried.success[image] { withstood[image] = middles[image] }
    // Where the middle fell its adversarial is nearer; everywhere else the former one stays.
    var merged = try tried.overlaying(successesOf: fallen)
    merged.success = best.success
    return merged
  }
}
