import ResidualNets
import Results
import TorchCore

/// Another attack whose search runs the network in bfloat16, which takes about half the time; points, projections and
/// steps stay in fp32, and every verdict is the network's own. What has no form in bfloat16 is searched as it is.
///
/// Where a point fools the network in bfloat16 and not the network itself, the sample is searched again without the
/// short cut; ``AttackResult/refuted`` says how many those were. What withstands the search in bfloat16 is not searched
/// again, so that less may be found than without it.
public struct ReducedPrecisionSearch: Attack {
  public var attack: any Attack

  public init(_ attack: any Attack) { self.attack = attack }

  public var name: String { attack.name }
  /// In the other precision.
  public func settings(classes: Int) -> String {
    attack.settings(classes: classes) + "; searched in bfloat16, judged in float32"
  }

  public func perturb(
    _ batch: AttackBatch, within ball: PerturbationBall, carrying smaller: AttackResult?
  ) throws -> AttackResult {
    guard batch.count > 0 else { return .unperturbed(batch) }
    let found = try attack.perturb(searched(batch), within: ball, carrying: smaller)
    return try judged(found, batch, within: ball, carrying: smaller)
  }

  public func curve(
    _ batch: AttackBatch, _ norm: PerturbationNorm, _ epsilons: [Rational], form: CurveRecord.Form,
    before: (PerturbationBall) throws -> Void
  ) throws -> [AttackResult] {
    let balls = try Self.balls(norm, epsilons)
    guard batch.count > 0 else { return balls.map { _ in .unperturbed(batch) } }
    var found = try attack.curve(searched(batch), norm, epsilons, form: form, before: before)[...]
    return try Self.results(balls, form) { ball, smaller in
      try judged(found.removeFirst(), batch, within: ball, carrying: smaller)
    }
  }

  private func searched(_ batch: AttackBatch) throws -> AttackBatch {
    try batch.searched(on: batch.network.inReducedPrecision(), preparingGradient: attack.usesCleanGradient)
  }

  /// The network's own verdict, and another search where it refutes what was found.
  private func judged(
    _ found: AttackResult, _ batch: AttackBatch, within ball: PerturbationBall, carrying smaller: AttackResult?
  ) throws -> AttackResult {
    func verdict(_ points: Tensor) throws -> AttackResult {
      var result = try AttackResult.judged(batch, points, ball.norm, SearchEffort(count: batch.count))
      result.raw = found.raw
      result.effort = found.effort
      result.refuted = 0
      return try result.overlaying(successesOf: smaller)
    }
    let result = try verdict(found.adversarial)
    let refuted = batch.openRows(besides: result.success).filter { found.success[$0] }
    guard !refuted.isEmpty else { return result }
    let again = try attack.perturb(batch.selecting(refuted), within: ball, carrying: nil)
    var second = try verdict(
      result.adversarial.replacingImages(places(of: refuted, among: batch.count), by: again.adversarial))
    second.raw = try result.raw.replacingImages(places(of: refuted, among: batch.count), by: again.raw)
    second.effort = found.effort + again.effort.expanded(from: refuted, count: batch.count)
    second.refuted = refuted.count
    return second
  }
}
