import Distributed
import Lipschitz
import OrderedCollections
import Results

extension Session {
  /// After a task is learned: evaluates all tasks so far, records what must not change, and checks what was recorded.
  func settle(_ task: Int, _ events: EventLog) throws {
    // A task that is evaluated alone stands on what is in memory.
    let digests = try evaluatesAll(after: task) ? models.digests(reading: true) : TensorDigest.digests(models.files())
    try measure(task, digests: digests)
    issued[task] = evaluator.bound(of: task).map(IssuedBound.init)
    for measured in record.accuracy {
      for column in 0...task {
        guard let tally = measured.tally(after: task, on: column) else { continue }
        try events.append(
          EvaluationEvent(
            afterTask: task + 1, onTask: column + 1, measure: measured.key.title,
            readout: measured.key.readout.rawValue, correct: tally.correct, n: tally.n))
      }
    }
    if configuration.strategy.kind.promisesNonForgetting {
      if evaluatesAll(after: task) { try promises.compare(digests, models, benchmarks) }
      try promises.record(task, digests, models, benchmarks)
    }
  }

  /// Whether all tasks so far are evaluated after a task, or that task alone.
  func evaluatesAll(after task: Int) -> Bool {
    (task + 1).isMultiple(of: configuration.evaluation.everyTasks) || task == stream.tasks.count - 1
  }

  /// Measures row `task` with the networks as they are, with the other ranks.
  func measure(_ task: Int, digests: OrderedDictionary<String, String>) throws {
    try ranks.lead { .measure(task: task, digests: digests, try sharedNetworks()) }
    try measureTogether(task, digests: digests)
  }

  /// The same, on a rank that has the networks.
  func measureTogether(_ task: Int, digests: OrderedDictionary<String, String>) throws {
    let networks = DeployedNetworks(count: task + 1, inputShape: models.trunk.inputShape, device: models.device) {
      [models] in try models.network(for: $0).deployed()
    }
    guard evaluatesAll(after: task) else {
      let digest = TaskModels.networkDigests(digests, tasks: task...task)[0]
      return try evaluator.measure(
        task, after: task, networks, digest: digest, infersTasks: rule != nil, into: &record)
    }
    let readout = TaskAgnosticReadout(
      networks: networks, classes: benchmarks[0...task].map(\.task.classes), scoring: try scoring(task),
      tellsTasksApart: !models.layout.sharesOutputs)
    try evaluator.measure(
      row: task, digests: TaskModels.networkDigests(digests, tasks: 0...task), agnostic: readout, into: &record)
  }
}
