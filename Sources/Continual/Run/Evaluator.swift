import Lipschitz
import OrderedCollections
import RandomStreams
import ResidualNets
import Results
import Robustness
import TorchCore

/// Fills the rows of the evaluation tensor: after each task, every task seen so far, clean, attacked and certified.
final class Evaluator {
  let settings: Configuration.Evaluation
  let benchmarks: [TaskBenchmark]
  let stream: RandomStream
  let observer: any RunObserver
  let interruption: Interruption
  /// What a network gave, by the digest of its tensors: a network that has not changed by a bit need not be asked
  /// again.
  private var known: [Int: (digest: String, cell: Cell)] = [:]

  /// What one network gave on one task's test images.
  private struct Cell {
    let outcome: EvaluationOutcome
    let certificates: Certificates?
  }

  init(
    _ settings: Configuration.Evaluation, _ benchmarks: [TaskBenchmark], stream: RandomStream,
    observer: any RunObserver, interruption: Interruption
  ) {
    self.settings = settings
    self.benchmarks = benchmarks
    self.stream = stream
    self.observer = observer
    self.interruption = interruption
  }

  /// Measures row `row`: the networks of tasks 0…row as they are now.
  /// - Parameters:
  ///   - digests: of each network's tensors.
  ///   - readout: of the same networks, where nobody gives the task.
  func measure(
    row: Int, _ networks: [DeployedNetwork], digests: [String], agnostic readout: TaskAgnosticReadout,
    into record: inout EvaluationRecord
  ) throws {
    record.zeroGradients = []
    record.curves = []
    record.radii = settings.certify
    var outcomes: [EvaluationOutcome] = []
    for column in 0...row {
      let cell = try cell(column, networks[column], digest: digests[column], &record)
      try add(cell, row, column, &record)
      outcomes.append(cell.outcome)
      observer.progress("evaluate after task \(row + 1)", done: column + 1, of: row + 1, unit: "tasks")
    }
    try inferTasks(row, readout, &record)
    try attackReadout(row: row, readout, aware: outcomes, into: &record)
  }

  /// Of the attacks on each task's own network.
  var attackStream: RandomStream { stream.stream("attacks") }

  private func cell(
    _ column: Int, _ network: DeployedNetwork, digest: String, _ record: inout EvaluationRecord
  ) throws -> Cell {
    if let known = known[column], known.digest == digest { return known.cell }
    let benchmark = benchmarks[column]
    let clock = ContinuousClock()
    let start = clock.now
    let outcome = try attack(network, benchmark)
    let attacked = clock.now
    let certificates = try certify(network, benchmark)
    record.attackSeconds += (attacked - start) / .seconds(1)
    record.boundSeconds += (clock.now - attacked) / .seconds(1)
    let cell = Cell(outcome: outcome, certificates: certificates)
    known[column] = (digest, cell)
    return cell
  }

  private func attack(_ network: DeployedNetwork, _ benchmark: TaskBenchmark) throws -> EvaluationOutcome {
    let plan = EvaluationPlan(
      attacks: settings.attacks.map(\.planned), batchSize: settings.batchSize,
      grid: PixelGrid(benchmark.images.shape.depth))
    return try stopping {
      try Evaluation(network, plan, stream: attackStream).run(
        labels: benchmark.targets, indices: benchmark.images.indices, pixels: benchmark.pixels,
        isCancelled: { interruption.isRaised })
    }
  }

  /// - Throws: `RunInterruption` where attacks were stopped.
  func stopping<Outcome>(_ attacks: () throws -> Outcome) throws -> Outcome {
    do { return try attacks() } catch RobustnessError.cancelled { throw RunInterruption() }
  }

  private func certify(_ network: DeployedNetwork, _ benchmark: TaskBenchmark) throws -> Certificates? {
    guard !settings.certify.isEmpty else { return nil }
    return try network.certificates(on: benchmark, batchSize: settings.batchSize)
  }

  private func add(_ cell: Cell, _ row: Int, _ column: Int, _ record: inout EvaluationRecord) throws {
    let outcome = cell.outcome
    record.record(.clean(.taskAware), outcome.cleanCorrect, after: row, on: column)
    for attack in outcome.attacks {
      record.record(attack.ball.key(attack.attack, .taskAware), attack.correct, after: row, on: column)
    }
    for epsilon in settings.certify {
      if let certificates = cell.certificates {
        record.record(
          PerturbationBall(.l2, epsilon).key("certified", .taskAware), certificates.isCertified(at: epsilon),
          after: row, on: column)
      }
    }
    try compare(cell, row, column, &record)
    addGradients(outcome, column, &record)
    record.curves += CurveRecord.curves(of: outcome, task: benchmarks[column].task.name)
  }

  /// Records the worst case of every threat model, and checks certified ≤ worst ≤ each attack ≤ clean on every image.
  private func compare(_ cell: Cell, _ row: Int, _ column: Int, _ record: inout EvaluationRecord) throws {
    let outcome = cell.outcome
    let balls = OrderedSet(outcome.attacks.map(\.ball))
    for ball in balls {
      let worst = outcome.worstCase(ball.norm, ball.epsilon)
      if let worst { record.record(ball.key("worst", .taskAware), worst, after: row, on: column) }
      record.consistency.merge(
        try ConsistencyCheck(
          context: "task \(column + 1) after task \(row + 1), \(ball)", clean: outcome.cleanCorrect,
          attacks: outcome.attacks.filter { $0.ball == ball }.map { SampleOutcomes($0.attack, $0.correct) },
          worst: worst,
          certified: ball.norm == .l2 ? cell.certificates?.isCertified(at: ball.epsilon) : nil))
    }
  }

  private func addGradients(_ outcome: EvaluationOutcome, _ column: Int, _ record: inout EvaluationRecord) {
    for attack in outcome.attacks {
      guard let fraction = attack.gradients.zeroFraction else { continue }
      record.zeroGradients.append(
        ZeroGradients(
          attack: attack.attack, norm: attack.ball.norm, epsilon: attack.ball.epsilon,
          task: benchmarks[column].task.name, fraction: fraction, n: attack.gradients.samples))
    }
  }

  private func inferTasks(_ row: Int, _ readout: TaskAgnosticReadout, _ record: inout EvaluationRecord) throws {
    var inferred: [Bool]?
    for column in 0...row {
      let outcomes = try readout.outcomes(on: benchmarks[column], task: column, batchSize: settings.batchSize)
      record.record(.clean(.taskAgnostic), outcomes.correct, after: row, on: column)
      if let own = outcomes.inferred { inferred = (inferred ?? []) + own }
    }
    record.inference[row] = inferred.map(Tally.init)
  }
}
