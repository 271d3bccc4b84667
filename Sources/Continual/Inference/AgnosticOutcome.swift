import Results
import Robustness

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
