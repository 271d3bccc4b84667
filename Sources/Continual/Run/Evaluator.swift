import Distributed
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
  private struct Cell {
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
      try add(cell, row, column, &record)
      outcomes.append(cell.outcome)
      observer.progress("evaluate after task \(row + 1)", done: column + 1, of: row + 1, unit: "tasks")
    }
    if ranks.isFirst { try inferTasks(row, readout, &record) }
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
    try add(cell, row, task, &record)
    observer.progress("evaluate task \(task + 1)", done: 1, of: 1, unit: "tasks")
  }

  /// Says what holds of many networks once.
  func noteOnce(_ text: String) {
    if noted.insert(text).inserted { observer.note(text) }
  }

  /// Of a task's network as it was last measured; nil where it has none. Known from when the task is learned.
  func bound(of task: Int) -> NetworkBound? { known[task]?.cell.bound }

  /// How test images are certified.
  var certification: Certification {
    Certification(
      settings: settings.certification, batchSize: settings.batchSize, note: noteOnce, stopIfAsked: stopIfAsked)
  }

  /// Of the attacks on each task's own network.
  var attackStream: RandomStream { stream.stream("attacks") }

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
    if ranks.isFirst, isNew || !certifiedSizes.isEmpty, case .success(let found) = try network.boundOrReason() {
      bound = found
    }
    let certificates = try bound.flatMap { try certify(network, $0, benchmark) }
    record.attackSeconds += (attacked - start) / .seconds(1)
    record.boundSeconds += (clock.now - attacked) / .seconds(1)
    let cell = Cell(outcome: outcome, spatial: spatial, bound: bound, certificates: certificates)
    known[column] = (digest, cell)
    return cell
  }

  /// - Parameter kept: places of images whose adversarials the readout without the task is asked about.
  private func attack(
    _ network: DeployedNetwork, _ benchmark: TaskBenchmark, keeping kept: [Int]
  ) throws -> EvaluationOutcome {
    let plan = EvaluationPlan(
      attacks: attacks, batchSize: settings.batchSize, kept: Set(kept),
      grid: PixelGrid(benchmark.images.shape.depth))
    return try Evaluation(network, plan, stream: attackStream).run(
      labels: benchmark.targets, indices: benchmark.images.indices, pixels: benchmark.pixels, stopIfAsked: stopIfAsked,
      over: ranks)
  }

  private func turnAndShift(_ network: DeployedNetwork, _ benchmark: TaskBenchmark) throws -> [Bool]? {
    guard let attack = settings.spatial.attack else { return nil }
    return try attack.evaluate(
      network, labels: benchmark.targets, indices: benchmark.images.indices, batchSize: settings.batchSize,
      stream: attackStream, pixels: benchmark.pixels, stopIfAsked: stopIfAsked, over: ranks
    ).correct
  }

  /// Every size that is certified.
  private var certifiedSizes: [PerturbationBall] {
    settings.certify.map { PerturbationBall(.l2, $0) } + settings.certification.linf.map { PerturbationBall(.linf, $0) }
  }

  private func certify(
    _ network: DeployedNetwork, _ bound: NetworkBound, _ benchmark: TaskBenchmark
  ) throws -> ImageCertificates? {
    guard !certifiedSizes.isEmpty else { return nil }
    return try certification.certificates(
      network, bound: bound, labels: benchmark.targets, norms: Set(certifiedSizes.map(\.norm)),
      pixels: benchmark.pixels)
  }

  private func add(_ cell: Cell, _ row: Int, _ column: Int, _ record: inout EvaluationRecord) throws {
    let outcome = cell.outcome
    record.record(.clean(.taskAware), outcome.cleanCorrect, after: row, on: column)
    for attack in outcome.attacks {
      record.record(attack.ball.key(attack.attack, .taskAware), attack.correct, after: row, on: column)
    }
    if let spatial = cell.spatial { record.record(.spatial, spatial, after: row, on: column) }
    if let certificates = cell.certificates { add(certificates, row, column, &record) }
    try compare(cell, row, column, &record)
    addGradients(outcome, column, &record)
    record.curves += CurveRecord.curves(of: outcome, task: benchmarks[column].task.name)
  }

  private func add(
    _ certificates: ImageCertificates, _ row: Int, _ column: Int, _ record: inout EvaluationRecord
  ) {
    let sizes = certifiedSizes
    for ball in sizes {
      record.record(
        ball.key(MeasureName.certified, .taskAware), certificates.isCertified(at: ball.epsilon, norm: ball.norm),
        after: row, on: column)
    }
    let name = benchmarks[column].task.name
    record.certificates =
      (record.certificates ?? [])
      + OrderedSet(sizes.map(\.norm)).map { certificates.record(task: name, norm: $0) }
  }

  /// Records the worst case of every ball, and checks certified ≤ worst ≤ each attack ≤ clean on every image.
  private func compare(_ cell: Cell, _ row: Int, _ column: Int, _ record: inout EvaluationRecord) throws {
    let outcome = cell.outcome
    let balls = OrderedSet(outcome.attacks.map(\.ball))
    for ball in balls {
      let worst = outcome.worstCase(ball.norm, ball.epsilon)
      if let worst { record.record(ball.key(MeasureName.worst, .taskAware), worst, after: row, on: column) }
      record.consistency.merge(
        try ConsistencyCheck(
          context: "task \(column + 1) after task \(row + 1), \(ball)", clean: outcome.cleanCorrect,
          attacks: outcome.attacks.filter { $0.ball == ball }.map { SampleOutcomes($0.attack, $0.correct) },
          worst: worst,
          certified: cell.certificates?.isCertified(at: ball.epsilon, norm: ball.norm)))
    }
    if let spatial = cell.spatial {
      record.consistency.merge(
        try ConsistencyCheck(
          context: "task \(column + 1) after task \(row + 1), turned and shifted", clean: outcome.cleanCorrect,
          attacks: [SampleOutcomes(MeasureKey.spatial.measure, spatial)]))
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
