import Distributed
import RandomStreams
import ResidualNets
import Results
import Robustness
import TensorFiles

/// Accuracy under attack where nobody gives the task: an attack may move the answer of a head, or the task.
///
/// Each image is there twice for every attack and every size: (a) as the attack on its own task's network left it,
/// where the task was given, and (b) attacked by way of the readout itself as a ``JointReadout``. Both are judged by
/// the readout as it is deployed; an image counts as right where it is right clean and under (a) and (b).
struct AgnosticEvaluation {
  let readout: TaskAgnosticReadout
  let scoring: any TaskScoring
  let attacks: [PlannedAttack]
  let batchSize: Int
  /// Of the attacks on the readout, with the image's index.
  let jointStream: RandomStream
  /// Called before every attack on every batch; what it throws ends the evaluation.
  var stopIfAsked: () throws -> Void = {}
  /// They take batches one by one.
  var ranks = Communicator.single

  /// What becomes of some test images of one task.
  /// - Parameters:
  ///   - places: of the images.
  ///   - own: what ``attacks`` on the task's own network made of the images at some of these places.
  /// - Throws: what `stopIfAsked` throws.
  func outcome(
    on benchmark: TaskBenchmark, task: Int, places: [Int], own: ([Int]) throws -> OwnAdversarials
  ) throws -> AgnosticOutcome {
    let joint = JointReadout(readout, scoring)
    var outcome = AgnosticOutcome(
      attacks: attacks.flatMap { planned in
        let settings = planned.attack.settings(classes: joint.classCount)
        return planned.epsilons.map {
          AgnosticOutcome.Attack(
            name: planned.attack.name, ball: PerturbationBall(planned.norm, $0), form: planned.form, settings: settings)
        }
      })
    let parts = places.indices.batches(of: batchSize)
    let batches = try ranks.queue(count: parts.count) { number in
      var found = outcome
      var batch = AgnosticBatch(
        joint, benchmark, task: task, places: Array(places[parts[number]]), stream: jointStream,
        preparingGradient: attacks.contains { $0.attack.usesCleanGradient })
      try attack(&batch, own, &found)
      return found
    }
    for batch in batches { outcome.append(batch) }
    return outcome
  }

  private func attack(
    _ batch: inout AgnosticBatch, _ own: ([Int]) throws -> OwnAdversarials, _ outcome: inout AgnosticOutcome
  ) throws {
    try stopIfAsked()
    let clean = try batch.verdicts(on: batch.pixels(batch.rows), of: batch.rows)
    outcome.cleanCorrect += clean.map(\.isCorrect)
    outcome.cleanInferred += clean.map(\.isInferred)
    let found = try own(clean.indices.filter { clean[$0].isOpen }.map { batch.places[$0] })
    var slot = 0
    for planned in attacks {
      try stopIfAsked()
      for left in try verdicts(after: planned, slot: slot, clean, found, &batch) {
        outcome.attacks[slot].correct += left.map(\.isCorrect)
        outcome.attacks[slot].inferred += left.map(\.isInferred)
        slot += 1
      }
    }
  }

  /// What an attack leaves of the images, for each of its ε.
  /// - Parameters:
  ///   - slot: of its first ε, in the plan's order.
  ///   - found: by the attack on the task's own network.
  private func verdicts(
    after planned: PlannedAttack, slot: Int, _ clean: [ReadoutVerdict], _ found: OwnAdversarials,
    _ batch: inout AgnosticBatch
  ) throws -> [[ReadoutVerdict]] {
    let standing = clean.indices.filter { clean[$0].isOpen }
    var left = Array(repeating: clean, count: planned.epsilons.count)
    for size in left.indices where !standing.isEmpty {
      let moved = try found.pixels(standing.map { batch.places[$0] }, slot: slot + size, on: batch.benchmark.device)
      left[size].meet(try batch.verdicts(on: moved, of: standing), at: standing)
    }
    // An image that has lost both its class and its task has nothing left to lose.
    let open = standing.filter { row in left.contains { $0[row].isOpen } }
    if !open.isEmpty {
      let results = try planned.attack.curve(
        batch.attackBatch(open), planned.norm, planned.epsilons, form: planned.form
      ) { _ in try stopIfAsked() }
      for size in left.indices {
        left[size].meet(try batch.verdicts(on: results[size].adversarial, of: open), at: open)
      }
    }
    if planned.form == .envelope {
      // What was carried along succeeded against another network than the one that judges.
      for size in left.indices.dropFirst() { left[size].meet(left[size - 1], at: batch.rows) }
    }
    return left
  }
}
