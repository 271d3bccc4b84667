import OrderedCollections
import Results
import Robustness

extension EvaluationRecord {
  /// Takes in what a task's own network gave, and checks certified ≤ worst ≤ each attack ≤ clean on every image.
  /// - Parameters:
  ///   - task: the name of task `column`.
  ///   - sizes: those that are certified.
  mutating func add(
    _ cell: Evaluator.Cell, after row: Int, on column: Int, task: String, sizes: [PerturbationBall]
  ) throws {
    let outcome = cell.outcome
    record(.clean(.taskAware), outcome.cleanCorrect, after: row, on: column)
    for attack in outcome.attacks {
      record(attack.ball.key(attack.attack, .taskAware), attack.correct, after: row, on: column)
    }
    if let spatial = cell.spatial { record(.spatial, spatial, after: row, on: column) }
    if let found = cell.certificates {
      for ball in sizes {
        record(
          ball.key(MeasureName.certified, .taskAware), found.isCertified(at: ball.epsilon, norm: ball.norm),
          after: row, on: column)
      }
      certificates =
        (certificates ?? []) + OrderedSet(sizes.map(\.norm)).map { found.record(task: task, norm: $0) }
    }
    try compare(cell, after: row, on: column)
    addGradients(outcome, task)
    curves += CurveRecord.curves(of: outcome, task: task)
  }

  /// Records the worst case of every ball, and checks every image.
  private mutating func compare(_ cell: Evaluator.Cell, after row: Int, on column: Int) throws {
    let outcome = cell.outcome
    for ball in OrderedSet(outcome.attacks.map(\.ball)) {
      let worst = outcome.worstCase(ball.norm, ball.epsilon)
      if let worst { record(ball.key(MeasureName.worst, .taskAware), worst, after: row, on: column) }
      consistency.merge(
        try ConsistencyCheck(
          context: "task \(column + 1) after task \(row + 1), \(ball)", clean: outcome.cleanCorrect,
          attacks: outcome.attacks.filter { $0.ball == ball }.map { SampleOutcomes($0.attack, $0.correct) },
          worst: worst,
          certified: cell.certificates?.isCertified(at: ball.epsilon, norm: ball.norm)))
    }
    if let spatial = cell.spatial {
      consistency.merge(
        try ConsistencyCheck(
          context: "task \(column + 1) after task \(row + 1), turned and shifted", clean: outcome.cleanCorrect,
          attacks: [SampleOutcomes(MeasureKey.spatial.measure, spatial)]))
    }
  }

  private mutating func addGradients(_ outcome: EvaluationOutcome, _ task: String) {
    for attack in outcome.attacks {
      guard let fraction = attack.gradients.zeroFraction else { continue }
      zeroGradients.append(
        ZeroGradients(
          attack: attack.attack, norm: attack.ball.norm, epsilon: attack.ball.epsilon, task: task, fraction: fraction,
          n: attack.gradients.samples))
    }
  }

  // MARK: Where nobody gives the task

  /// Takes in what attacks with the task given found, as what they find where nobody has to know it.
  mutating func addSame(_ outcome: EvaluationOutcome, after row: Int, on column: Int) {
    for attack in outcome.attacks {
      record(attack.ball.key(attack.attack, .taskAgnostic), attack.correct, after: row, on: column)
    }
    for ball in OrderedSet(outcome.attacks.map(\.ball)) {
      guard let worst = outcome.worstCase(ball.norm, ball.epsilon) else { continue }
      record(ball.key(MeasureName.worst, .taskAgnostic), worst, after: row, on: column)
    }
  }

  /// Takes in what attacks on the readout found, and checks worst ≤ each attack ≤ clean on every image that was
  /// attacked.
  /// - Parameter task: the name of task `column`.
  mutating func add(_ outcome: AgnosticOutcome, after row: Int, on column: Int, task: String) throws {
    let all = outcome.withWorst
    for attack in all {
      record(attack.ball.key(attack.name, .taskAgnostic), attack.correct, after: row, on: column)
    }
    for ball in OrderedSet(all.map(\.ball)) {
      consistency.merge(
        try ConsistencyCheck(
          context: "task \(column + 1) after task \(row + 1), inferred, \(ball)", clean: outcome.cleanCorrect,
          attacks: outcome.attacks.filter { $0.ball == ball }.map { SampleOutcomes($0.name, $0.correct) },
          worst: all.last { $0.ball == ball }?.correct))
    }
    curves += CurveRecord.curves(of: outcome, task: task)
  }

  /// Takes in how often the tasks of a row's images are inferred, and how often attacks moved them.
  mutating func addInference(_ outcomes: [AgnosticOutcome], after row: Int) {
    let clean = outcomes.flatMap(\.cleanInferred)
    for (slot, attack) in (outcomes.first?.withWorst ?? []).enumerated() {
      let inferred = outcomes.flatMap { $0.withWorst[slot].inferred }
      record(
        attack.ball.key(attack.name, .taskAgnostic), inferred: Tally(clean),
        moved: Tally(zip(clean, inferred).map { $0 && !$1 }), after: row)
    }
  }
}
