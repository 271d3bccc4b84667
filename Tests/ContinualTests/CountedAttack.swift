import Results
import Robustness
import Synchronization

@testable import Continual

/// How many images each search was given, by what it searched against.
final class AttackLog: Sendable {
  private struct Counts {
    var own: [Int] = []
    var joint: [Int] = []
  }

  private let counts = Mutex(Counts())

  var own: [Int] { counts.withLock { $0.own } }
  var joint: [Int] { counts.withLock { $0.joint } }

  func note(_ batch: AttackBatch) {
    let (isJoint, count) = (batch.network is JointReadout, batch.count)
    counts.withLock { isJoint ? $0.joint.append(count) : $0.own.append(count) }
  }
}

/// An attack that says how much it is asked to do.
struct CountedAttack: Attack {
  let base: any Attack
  let log: AttackLog

  var name: String { base.name }
  var usesCleanGradient: Bool { base.usesCleanGradient }
  func settings(classes: Int) -> String { base.settings(classes: classes) }

  func perturb(
    _ batch: AttackBatch, within ball: PerturbationBall, carrying smaller: AttackResult?
  ) throws -> AttackResult {
    log.note(batch)
    return try base.perturb(batch, within: ball, carrying: smaller)
  }
}
