import Distributed
import RandomStreams
import ResidualNets
import Results
import Robustness
import TorchCore

/// What is looked at once, on one task's network.
struct TaskFindings: Codable {
  let lipschitz: LipschitzRecord
  let smoothing: SmoothingRecord?
  let bracket: BracketRecord?
  let audit: [AuditRow]
  let corruptions: [CorruptionRecord]
  let precision: PrecisionRecord?
  let attackSeconds: Double
  let boundSeconds: Double

  /// Images per task around which a steep secant is looked for.
  private static let lowerBoundImages = 16

  /// Of every task, each on whichever rank is free.
  /// - Parameter arrived: called on rank 0 after each task.
  static func all(_ session: Session, arrived: () -> Void = {}) throws -> [TaskFindings] {
    try session.ranks.queue(
      count: session.benchmarks.count, work: { try TaskFindings(session, $0) }, arrived: { _, _ in arrived() })
  }

  init(_ session: Session, _ task: Int) throws {
    try session.stopIfAsked()
    let settings = session.configuration.evaluation
    let stream = session.findingsStream
    let benchmark = session.benchmarks[task]
    let clock = ContinuousClock()
    let trained = try session.models.network(for: task)
    let network = try trained.deployed()
    let start = clock.now
    let bound = try network.boundOrReason()
    lipschitz = try LipschitzRecord(
      network, of: trained, bound, issued: session.issued[task], benchmark, lowerBoundImages: Self.lowerBoundImages,
      stream: stream.stream("bounds"))
    smoothing = try SmoothedImages(
      settings: settings.smoothing, batchSize: settings.batchSize, seed: session.configuration.seed,
      observer: session.observer, stopIfAsked: session.stopIfAsked
    ).record(network, benchmark, task: task)
    let bounded = clock.now
    bracket =
      settings.bracketsPerTask > 0
      ? try BracketRecord(
        network, try? bound.get(), benchmark, images: settings.bracketsPerTask,
        session.evaluator.certification) : nil
    audit = try TaskAudit(
      network: network, benchmark: benchmark, stream: stream.stream("audit").stream(task),
      ball: settings.auditedBall(), plan: AuditPlan(settings.audit), stopIfAsked: session.stopIfAsked
    ).rows(bracket: bracket)
    corruptions = try CorruptedImages(
      settings: settings.corruptions, batchSize: settings.batchSize, stream: stream.stream("corruptions"),
      stopIfAsked: session.stopIfAsked
    ).records(network, benchmark)
    precision =
      session.configuration.compute.precision == .init()
      ? nil
      : try ReducedAnswers(batchSize: settings.batchSize, stopIfAsked: session.stopIfAsked).record(network, benchmark)
    boundSeconds = (bounded - start) / .seconds(1)
    attackSeconds = (clock.now - bounded) / .seconds(1)
  }
}

extension Session {
  /// Of what is looked at once.
  var findingsStream: RandomStream { RandomStream(seed: configuration.seed).stream("findings") }
}
