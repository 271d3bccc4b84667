import Distributed
import Lipschitz
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
  /// Called before every batch; what it throws ends the measurement.
  let stopIfAsked: () throws -> Void
  /// They share the attacks; rank 0 does the rest, and its record counts.
  let ranks: Communicator
  /// Every attack of the settings.
  var attacks: [PlannedAttack]
  /// Adversarials are kept for the readout without the task up to so many bytes; above them it attacks anew.
  var mostKeptBytes = 256 << 20
  /// What a network gave, by the digest of its tensors: a network that has not changed by a bit need not be asked
  /// again.
  private var known: [Int: (digest: String, cell: Cell)] = [:]
  private var noted: Set<String> = []

  /// What one network gave on one task's test images.
  struct Cell {
    let outcome: EvaluationOutcome
    /// Per image whether it stays right however it is turned and shifted; nil where that is not looked at.
    let spatial: [Bool]?
    /// Nil where there is none, or nobody asked for it.
    let bound: NetworkBound?
    let certificates: ImageCertificates?
  }

  init(
    _ settings: Configuration.Evaluation, searching precision: Precision = .full, _ benchmarks: [TaskBenchmark],
    stream: RandomStream, observer: any RunObserver, stopIfAsked: @escaping () throws -> Void = {},
    ranks: Communicator = .single
  ) {
    self.settings = settings
    self.benchmarks = benchmarks
    self.stream = stream
    self.observer = observer
    self.stopIfAsked = stopIfAsked
    self.ranks = ranks
    attacks = settings.attacks.map { $0.planned(searching: precision) }
  }

  /// Measures row `row`: the networks of tasks 0…row as they are now.
  /// - Parameters:
  ///   - digests: of each network's tensors.
  ///   - readout: the networks, and how they answer where nobody gives the task.
  func measure(
    row: Int, digests: [String], agnostic readout: TaskAgnosticReadout, into record: inout EvaluationRecord
  ) throws {
    record.begin(settings)
    let keeps = readout.scoring != nil && keepsAdversarials
    var outcomes: [EvaluationOutcome] = []
    for column in 0...row {
      let cell = try cell(
        column, readout.networks, digest: digests[column], isNew: column == row, keeping: keeps, &record)
      try record.add(
        cell, after: row, on: column, task: benchmarks[column].task.name, sizes: settings.certifiedSizes)
      outcomes.append(cell.outcome)
      observer.progress("evaluate after task \(row + 1)", done: column + 1, of: row + 1, unit: "tasks")
    }
    if ranks.isFirst { try inferTasks(row: row, readout, into: &record) }
    try attackReadout(row: row, readout, aware: outcomes, into: &record)
  }

  /// Measures one task's cell of a row, with the task given.
  /// - Parameters:
  ///   - row: after which task.
  ///   - digest: of the network's tensors.
  ///   - infersTasks: whether a later row asks where nobody gives the task.
  func measure(
    _ task: Int, after row: Int, _ networks: DeployedNetworks, digest: String, infersTasks: Bool,
    into record: inout EvaluationRecord
  ) throws {
    record.begin(settings)
    let cell = try cell(
      task, networks, digest: digest, isNew: task == row, keeping: infersTasks && keepsAdversarials, &record)
    try record.add(cell, after: row, on: task, task: benchmarks[task].task.name, sizes: settings.certifiedSizes)
    observer.progress("evaluate task \(task + 1)", done: 1, of: 1, unit: "tasks")
  }

  /// Says what holds of many networks once.
  func noteOnce(_ text: String) {
    if noted.insert(text).inserted { observer.note(text) }
  }

  /// Of a task's network as it was last measured; nil where it has none. Known from when the task is learned.
  func bound(of task: Int) -> NetworkBound? { known[task]?.cell.bound }

  private func cell(
    _ column: Int, _ networks: DeployedNetworks, digest: String, isNew: Bool, keeping keeps: Bool,
    _ record: inout EvaluationRecord
  ) throws -> Cell {
    if let known = known[column], known.digest == digest { return known.cell }
    let network = try networks[column]
    let benchmark = benchmarks[column]
    let clock = ContinuousClock()
    let start = clock.now
    let outcome = try attack(network, benchmark, keeping: keeps ? agnosticPlaces(benchmark) : [])
    let spatial = try turnAndShift(network, benchmark)
    let attacked = clock.now
    var bound: NetworkBound?
    // Where images are certified, every rank certifies some of them; else rank 0 alone keeps the bound.
    let wantsBound = settings.certifiedSizes.isEmpty ? isNew && ranks.isFirst : true
    if wantsBound, case .success(let found) = try network.boundOrReason() { bound = found }
    let certificates = try bound.flatMap { try certify(network, $0, benchmark) }
    record.attackSeconds += (attacked - start) / .seconds(1)
    record.boundSeconds += (clock.now - attacked) / .seconds(1)
    let cell = Cell(outcome: outcome, spatial: spatial, bound: bound, certificates: certificates)
    known[column] = (digest, cell)
    return cell
  }
}
