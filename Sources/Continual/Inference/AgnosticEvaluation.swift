import Distributed
import RandomStreams
import ResidualNets
import Results
import Robustness
import TensorFiles
import TorchCore

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
      try attack(Array(places[parts[number]]), benchmark, task, joint, own, &found)
      return found
    }
    for batch in batches { outcome.append(batch) }
    return outcome
  }

  private func attack(
    _ places: [Int], _ benchmark: TaskBenchmark, _ task: Int, _ joint: JointReadout,
    _ own: ([Int]) throws -> OwnAdversarials, _ outcome: inout AgnosticOutcome
  ) throws {
    try stopIfAsked()
    let truth = places.map { readout.classes[task][benchmark.targets[$0]] }
    func judge(_ pixels: Tensor, _ rows: [Int]) throws -> [ReadoutVerdict] {
      guard !rows.isEmpty else { return [] }
      return zip(try readout.answers(pixels, scoring), rows).map { answer, row in
        ReadoutVerdict(isCorrect: answer.class == truth[row], isInferred: answer.task == task)
      }
    }
    func pixels(_ rows: [Int]) throws -> Tensor {
      try benchmark.images.pixels(rows.map { places[$0] }, on: benchmark.device)
    }
    let clean = try judge(pixels(Array(places.indices)), Array(places.indices))
    outcome.cleanCorrect += clean.map(\.isCorrect)
    outcome.cleanInferred += clean.map(\.isInferred)
    let standing = clean.indices.filter { clean[$0].isOpen }
    let found = try own(standing.map { places[$0] })

    let usesGradient = attacks.contains { $0.attack.usesCleanGradient }
    var batches: [[Int]: AttackBatch] = [:]
    func batch(_ rows: [Int]) throws -> AttackBatch {
      if let known = batches[rows] { return known }
      let batch = try AttackBatch(
        joint, pixels: pixels(rows), labels: rows.map { joint.classes.firstIndex(of: truth[$0]) ?? 0 },
        streams: rows.map { jointStream.stream(benchmark.images.indices[places[$0]]) },
        preparingGradient: usesGradient)
      batches[rows] = batch
      return batch
    }

    var slot = 0
    for planned in attacks {
      try stopIfAsked()
      var left = Array(repeating: clean, count: planned.epsilons.count)
      for size in left.indices where !standing.isEmpty {
        let moved = try found.pixels(standing.map { places[$0] }, slot: slot + size, on: benchmark.device)
        left[size].meet(try judge(moved, standing), at: standing)
      }
      // An image that has lost both its class and its task has nothing left to lose.
      let open = standing.filter { row in left.contains { $0[row].isOpen } }
      if !open.isEmpty {
        let results = try planned.attack.curve(batch(open), planned.norm, planned.epsilons, form: planned.form) { _ in
          try stopIfAsked()
        }
        for size in left.indices { left[size].meet(try judge(results[size].adversarial, open), at: open) }
      }
      for size in left.indices {
        // What was carried along succeeded against another network than the one that judges.
        if planned.form == .envelope, size > 0 { left[size].meet(left[size - 1], at: Array(places.indices)) }
        outcome.attacks[slot].correct += left[size].map(\.isCorrect)
        outcome.attacks[slot].inferred += left[size].map(\.isInferred)
        slot += 1
      }
    }
  }
}

/// What is left of an image: whether its class is still right, and its task.
private struct ReadoutVerdict {
  var isCorrect: Bool
  var isInferred: Bool

  var isOpen: Bool { isCorrect || isInferred }
}

extension [ReadoutVerdict] {
  /// Leaves what stands here and in another verdict on some of the images.
  fileprivate mutating func meet(_ others: [ReadoutVerdict], at rows: [Int]) {
    for (row, other) in zip(rows, others) {
      self[row].isCorrect = self[row].isCorrect && other.isCorrect
      self[row].isInferred = self[row].isInferred && other.isInferred
    }
  }
}

/// What attacks made of the task-agnostic readout, image by image.
struct AgnosticOutcome: Codable {
  struct Attack: Codable {
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

  /// Adds what was found on further images.
  mutating func append(_ other: AgnosticOutcome) {
    cleanCorrect += other.cleanCorrect
    cleanInferred += other.cleanInferred
    for (slot, found) in other.attacks.enumerated() {
      attacks[slot].correct += found.correct
      attacks[slot].inferred += found.inferred
    }
  }

  /// The attacks, and of each ball with the worst of them per image.
  var withWorst: [Attack] {
    var all = attacks
    var seen: Set<PerturbationBall> = []
    for first in attacks where seen.insert(first.ball).inserted {
      let same = attacks.filter { $0.ball == first.ball }
      var worst = Attack(name: MeasureName.worst, ball: first.ball, form: first.form, settings: "")
      worst.correct = cleanCorrect.indices.map { image in same.allSatisfy { $0.correct[image] } }
      worst.inferred = cleanInferred.indices.map { image in same.allSatisfy { $0.inferred[image] } }
      all.append(worst)
    }
    return all
  }
}
