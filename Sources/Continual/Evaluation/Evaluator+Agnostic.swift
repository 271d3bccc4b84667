import ResidualNets
import Results
import Robustness

extension Evaluator {
  /// Measures row `row` as it is where nobody gives the task: on every test image.
  func inferTasks(row: Int, _ readout: TaskAgnosticReadout, into record: inout EvaluationRecord) throws {
    var inferred: [Bool]?
    for column in 0...row {
      let outcomes = try readout.outcomes(on: benchmarks[column], task: column, batchSize: settings.batchSize)
      record.record(.clean(.taskAgnostic), outcomes.correct, after: row, on: column)
      if let own = outcomes.inferred { inferred = (inferred ?? []) + own }
    }
    record.inference[row] = inferred.map(Tally.init)
  }

  /// Measures row `row` under attack where nobody gives the task, on some images of each task.
  /// - Parameter aware: for each task what attacks on its own network found, where the task is given.
  func attackReadout(
    row: Int, _ readout: TaskAgnosticReadout, aware: [EvaluationOutcome], into record: inout EvaluationRecord
  ) throws {
    guard settings.agnosticImages > 0, !attacks.isEmpty else { return }
    guard let scoring = readout.scoring else {
      // Nobody has to know the task, so both readouts are one.
      for (column, outcome) in aware.enumerated() { record.addSame(outcome, after: row, on: column) }
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
    for (column, outcome) in outcomes.enumerated() {
      try record.add(outcome, after: row, on: column, task: benchmarks[column].task.name)
    }
    if readout.tellsTasksApart { record.addInference(outcomes, after: row) }
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
}
