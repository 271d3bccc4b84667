import OrderedCollections
import ResidualNets
import Results
import Robustness

extension Evaluator {
  /// Measures row `row` under attack where nobody gives the task, on some images of each task.
  /// - Parameter aware: for each task what attacks on its own network found, where the task is given.
  func attackReadout(
    row: Int, _ readout: TaskAgnosticReadout, aware: [EvaluationOutcome], into record: inout EvaluationRecord
  ) throws {
    guard settings.agnosticImages > 0, !attacks.isEmpty else { return }
    guard let scoring = readout.scoring else {
      // Nobody has to know the task, so both readouts are one.
      for (column, outcome) in aware.enumerated() { addSame(outcome, row, column, &record) }
      return
    }
    let clock = ContinuousClock()
    let start = clock.now
    let evaluation = AgnosticEvaluation(
      readout: readout, scoring: scoring, attacks: attacks, batchSize: settings.batchSize,
      jointStream: stream.stream("joint"), stopIfAsked: stopIfAsked, ranks: ranks)
    let outcomes = try (0...row).map { column in
      observer.progress("attack the readout after task \(row + 1)", done: column, of: row + 1, unit: "tasks")
      return try evaluation.outcome(
        on: benchmarks[column], task: column, places: agnosticPlaces(benchmarks[column]),
        own: ownAdversarials(aware[column], readout.networks, column))
    }
    for (column, outcome) in outcomes.enumerated() { try add(outcome, row, column, &record) }
    if readout.tellsTasksApart { addInference(outcomes, row, &record) }
    observer.progress("attack the readout after task \(row + 1)", done: row + 1, of: row + 1, unit: "tasks")
    record.attackSeconds += (clock.now - start) / .seconds(1)
  }

  /// The images of a task that are attacked where nobody gives it.
  func agnosticPlaces(_ benchmark: TaskBenchmark) -> [Int] { benchmark.images.spread(settings.agnosticImages) }

  /// Whether there is room to keep what attacks with the task given make of these images, of all tasks together.
  var keepsAdversarials: Bool {
    let images = 1 + attacks.reduce(0) { $0 + $1.epsilons.count }
    let bytes = benchmarks.reduce(0) { sum, benchmark in
      sum + agnosticPlaces(benchmark).count * images
        * benchmark.images.shape.inputShape.reduce(MemoryLayout<Float>.size, *)
    }
    return bytes <= mostKeptBytes
  }

  /// What the evaluation with the task given has kept, or else the same attacks once more, a batch at a time.
  private func ownAdversarials(
    _ aware: EvaluationOutcome, _ networks: DeployedNetworks, _ column: Int
  ) -> ([Int]) throws -> OwnAdversarials {
    if keepsAdversarials {
      let kept = OwnAdversarials(aware.kept)
      return { _ in kept }
    }
    let (attacks, batchSize, attackStream, benchmark) = (attacks, settings.batchSize, attackStream, benchmarks[column])
    return { [stopIfAsked] places in
      let plan = EvaluationPlan(attacks: attacks, batchSize: batchSize, kept: Set(places.indices))
      let outcome = try Evaluation(networks[column], plan, stream: attackStream).run(
        labels: places.map { benchmark.targets[$0] }, indices: places.map { benchmark.images.indices[$0] },
        pixels: { try benchmark.images.pixels(places[$0], on: benchmark.device) },
        stopIfAsked: stopIfAsked)
      return OwnAdversarials(outcome.kept) { places[$0] }
    }
  }

  private func addSame(
    _ outcome: EvaluationOutcome, _ row: Int, _ column: Int, _ record: inout EvaluationRecord
  ) {
    for attack in outcome.attacks {
      record.record(attack.ball.key(attack.attack, .taskAgnostic), attack.correct, after: row, on: column)
    }
    for ball in OrderedSet(outcome.attacks.map(\.ball)) {
      guard let worst = outcome.worstCase(ball.norm, ball.epsilon) else { continue }
      record.record(ball.key(MeasureName.worst, .taskAgnostic), worst, after: row, on: column)
    }
  }

  /// Records a cell, and checks worst ≤ each attack ≤ clean on every image that was attacked.
  private func add(
    _ outcome: AgnosticOutcome, _ row: Int, _ column: Int, _ record: inout EvaluationRecord
  ) throws {
    let all = outcome.withWorst
    for attack in all {
      record.record(attack.ball.key(attack.name, .taskAgnostic), attack.correct, after: row, on: column)
    }
    for ball in OrderedSet(all.map(\.ball)) {
      record.consistency.merge(
        try ConsistencyCheck(
          context: "task \(column + 1) after task \(row + 1), inferred, \(ball)", clean: outcome.cleanCorrect,
          attacks: outcome.attacks.filter { $0.ball == ball }.map { SampleOutcomes($0.name, $0.correct) },
          worst: all.last { $0.ball == ball }?.correct))
    }
    record.curves += CurveRecord.curves(of: outcome, task: benchmarks[column].task.name)
  }

  private func addInference(_ outcomes: [AgnosticOutcome], _ row: Int, _ record: inout EvaluationRecord) {
    let clean = outcomes.flatMap(\.cleanInferred)
    for (slot, attack) in (outcomes.first?.withWorst ?? []).enumerated() {
      let inferred = outcomes.flatMap { $0.withWorst[slot].inferred }
      record.record(
        attack.ball.key(attack.name, .taskAgnostic), inferred: Tally(clean),
        moved: Tally(zip(clean, inferred).map { $0 && !$1 }), after: row)
    }
  }
}
