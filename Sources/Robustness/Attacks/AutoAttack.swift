import Results
import TorchCore

/// The standard ensemble of Croce and Hein 2020: APGD on the cross-entropy, APGD toward the likeliest wrong classes on
/// targeted DLR, FAB toward the same, and Square, each on what the ones before it left.
///
/// Hyper-parameters are those of the authors' program: 100 steps, one start, nine targets at most (in L1 five starts on
/// the cross-entropy and five targets of APGD), 5000 queries. Square's schedule is stretched to them, which their
/// program leaves as it stands for 10,000: with the small squares of its end more images fall. Square has no form for
/// L1 and is left out there. What its parts need several classes for is replaced as each of them says.
public struct AutoAttack: Attack {
  /// Of APGD and FAB.
  public var steps: Int
  /// Of Square.
  public var queries: Int

  public init(steps: Int, queries: Int) {
    self.steps = steps
    self.queries = queries
  }

  public var name: String { AttackKind.auto.rawValue }

  public func settings(classes: Int) -> String {
    parts(.linf).map { "\($0.name): \($0.settings(classes: classes))" }.joined(separator: "; ")
      + "; survivors only (in L1 without square, apgd-ce from five starts, apgd-t toward five targets)"
  }

  /// In the order in which they run.
  public func parts(_ norm: PerturbationNorm) -> [any Attack] {
    let restarts = norm == .l1 ? 5 : 1
    let gradient: [any Attack] = [
      APGD(loss: .crossEntropy, steps: steps, restarts: restarts),
      APGD.targeted(steps: steps, targets: norm == .l1 ? 5 : AttackKind.targetCount),
      FAB(steps: steps, targets: AttackKind.targetCount),
    ]
    return norm == .l1 ? gradient : gradient + [Square(queries: queries)]
  }

  public func perturb(
    _ batch: AttackBatch, within ball: PerturbationBall, carrying smaller: AttackResult?
  ) throws -> AttackResult {
    var found = try AttackResult.unperturbed(batch).overlaying(successesOf: smaller)
    for part in parts(ball.norm) where !batch.openRows(besides: found.success).isEmpty {
      found = try part.perturb(batch, within: ball, carrying: found).adding(effortOf: found)
    }
    return found
  }
}
