import RandomStreams
import ResidualNets
import Results
import Robustness
import TorchCore

/// What is looked at once, on the networks of the end: bounds, brackets, smoothing, corrupted images, the audit and the
/// gallery.
struct Findings {
  var lipschitz: [LipschitzRecord] = []
  var brackets: [BracketRecord] = []
  var smoothing: [SmoothingRecord] = []
  var audit: [AuditRow] = []
  var gallery: [GalleryItem] = []
  var corruptions: [CorruptionRecord] = []
  var attackSeconds = 0.0
  var boundSeconds = 0.0

  /// Images per task around which a steep secant is looked for.
  private static let lowerBoundImages = 16

  init(_ session: Session) throws {
    let settings = session.configuration.evaluation
    let stream = RandomStream(seed: session.configuration.seed).stream("findings")
    let gallery = Gallery(
      folder: session.folder.adversarial, relativeTo: session.folder.adversarial.lastPathComponent,
      settings: settings, stream: stream.stream("gallery"))
    let corrupted = CorruptedImages(
      settings: settings.corruptions, batchSize: settings.batchSize, stream: stream.stream("corruptions"),
      stopIfAsked: session.stopIfAsked)
    let certification = session.evaluator.certification(stopIfAsked: session.stopIfAsked)
    let smoothed = SmoothedImages(
      settings: settings.smoothing, batchSize: settings.batchSize, seed: session.configuration.seed,
      observer: session.observer, stopIfAsked: session.stopIfAsked)
    let clock = ContinuousClock()
    for (task, benchmark) in session.benchmarks.enumerated() {
      try session.stopIfAsked()
      session.observer.progress("bounds and audit", done: task, of: session.benchmarks.count, unit: "tasks")
      let trained = session.models.network(for: task)
      let network = try trained.deployed()
      let start = clock.now
      let bound = try network.boundOrReason()
      lipschitz.append(
        try LipschitzRecord(
          network, of: trained, bound, issued: session.issued[task], benchmark,
          lowerBoundImages: Self.lowerBoundImages, stream: stream.stream("bounds")))
      if let record = try smoothed.record(network, benchmark, task: task) { smoothing.append(record) }
      let bounded = clock.now
      let bracket =
        settings.bracketsPerTask > 0
        ? try BracketRecord(
          network, try? bound.get(), benchmark, images: settings.bracketsPerTask, certification) : nil
      if let bracket { brackets.append(bracket) }
      audit += try TaskAudit(
        network: network, benchmark: benchmark, stream: stream.stream("audit").stream(task),
        ball: settings.auditedBall(), plan: AuditPlan(settings.audit), stopIfAsked: session.stopIfAsked
      ).rows(bracket: bracket)
      self.gallery += try gallery.items(network, benchmark, task: task)
      corruptions += try corrupted.records(network, benchmark)
      boundSeconds += (bounded - start) / .seconds(1)
      attackSeconds += (clock.now - bounded) / .seconds(1)
    }
    session.observer.progress(
      "bounds and audit", done: session.benchmarks.count, of: session.benchmarks.count, unit: "tasks")
  }
}
