import RandomStreams
import ResidualNets
import Results
import Robustness
import TorchCore

/// Accuracy under attack where nobody gives the task: an attack may move the answer of a head, or the task.
///
/// Each image is attacked twice, with every attack at every size: (a) against its own task's network, as where the task
/// is given, and (b) against the readout itself as a ``JointReadout``. Both images are judged by the readout as it is
/// deployed; an image counts as right where it is right clean and under (a) and (b).
struct AgnosticEvaluation {
  let readout: TaskAgnosticReadout
  let scoring: any TaskScoring
  let attacks: [PlannedAttack]
  let batchSize: Int
  /// Of the attacks on the tasks' own networks, with the image's index.
  let ownStream: RandomStream
  /// Of the attacks on the readout, with the image's index.
  let jointStream: RandomStream
  /// Asked before every attack on every batch.
  let isCancelled: () -> Bool

  /// What becomes of some test images of one task, spread evenly over all.
  /// - Parameter limit: how many, at most.
  /// - Throws: `RobustnessError.cancelled`.
  func outcome(on benchmark: TaskBenchmark, task: Int, images limit: Int) throws -> AgnosticOutcome {
    let places = benchmark.images.spread(limit)
    let joint = JointReadout(readout, scoring)
    var outcome = AgnosticOutcome(
      attacks: attacks.flatMap { planned in
        let settings = planned.attack.settings(classes: joint.classCount)
        return planned.epsilons.map {
          AgnosticOutcome.Attack(
            name: planned.attack.name, ball: PerturbationBall(planned.norm, $0), form: planned.form, settings: settings)
        }
      })
    for start in stride(from: 0, to: places.count, by: batchSize) {
      let batch = Array(places[start..<min(start + batchSize, places.count)])
      try attack(
        batch, benchmark, task, joint, &outcome,
        unless: { if isCancelled() { throw RobustnessError.cancelled(evaluated: start, of: places.count) } })
    }
    return outcome
  }

  private func attack(
    _ places: [Int], _ benchmark: TaskBenchmark, _ task: Int, _ joint: JointReadout, _ outcome: inout AgnosticOutcome,
    unless stopped: () throws -> Void
  ) throws {
    try stopped()
    let pixels = try benchmark.images.pixels(places, on: benchmark.device)
    let targets = places.map { benchmark.targets[$0] }
    let truth = targets.map { readout.classes[task][$0] }
    let indices = places.map { benchmark.images.indices[$0] }
    let usesGradient = attacks.contains { $0.attack.usesCleanGradient }
    let batches = try [
      AttackBatch(
        readout.networks[task], pixels: pixels, labels: targets, streams: indices.map(ownStream.stream),
        preparingGradient: usesGradient),
      AttackBatch(
        joint, pixels: pixels, labels: truth.map { joint.classes.firstIndex(of: $0) ?? 0 },
        streams: indices.map(jointStream.stream), preparingGradient: usesGradient),
    ]
    func judge(_ pixels: Tensor) throws -> (correct: [Bool], inferred: [Bool]) {
      let answers = try readout.answers(pixels, scoring)
      return (zip(answers, truth).map { $0.class == $1 }, answers.map { $0.task == task })
    }
    let clean = try judge(pixels)
    outcome.cleanCorrect += clean.correct
    outcome.cleanInferred += clean.inferred
    var slot = 0
    for planned in attacks {
      let found = try batches.map {
        try planned.attack.curve($0, planned.norm, planned.epsilons, form: planned.form) { _ in try stopped() }
      }
      for size in planned.epsilons.indices {
        let verdicts = try [clean] + found.map { try judge($0[size].adversarial) }
        var correct = places.indices.map { row in verdicts.allSatisfy { $0.correct[row] } }
        var inferred = places.indices.map { row in verdicts.allSatisfy { $0.inferred[row] } }
        if planned.form == .envelope, size > 0 {
          // What was carried along succeeded against another network than the one that judges.
          let smaller = outcome.attacks[slot - 1]
          correct = zip(correct, smaller.correct.suffix(places.count)).map { $0 && $1 }
          inferred = zip(inferred, smaller.inferred.suffix(places.count)).map { $0 && $1 }
        }
        outcome.attacks[slot].correct += correct
        outcome.attacks[slot].inferred += inferred
        slot += 1
      }
    }
  }
}

/// What attacks made of the task-agnostic readout, image by image.
struct AgnosticOutcome {
  struct Attack {
    let name: String
    let ball: PerturbationBall
    let form: CurveRecord.Form
    let settings: String
    /// Right clean and whatever the attack found.
    var correct: [Bool] = []
    /// The same of the image's task.
    var inferred: [Bool] = []
  }

  var cleanCorrect: [Bool] = []
  var cleanInferred: [Bool] = []
  /// One for every attack and ε.
  var attacks: [Attack]

  /// The attacks, and of each ball with the worst of them per image.
  var withWorst: [Attack] {
    var all = attacks
    var seen: Set<PerturbationBall> = []
    for first in attacks where seen.insert(first.ball).inserted {
      let same = attacks.filter { $0.ball == first.ball }
      var worst = Attack(name: "worst", ball: first.ball, form: first.form, settings: "")
      worst.correct = cleanCorrect.indices.map { image in same.allSatisfy { $0.correct[image] } }
      worst.inferred = cleanInferred.indices.map { image in same.allSatisfy { $0.inferred[image] } }
      all.append(worst)
    }
    return all
  }
}
