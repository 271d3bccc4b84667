import Foundation
import ResidualNets
import Results
import Robustness

/// What is looked at once, on the networks of the end: bounds, brackets, smoothing, corrupted images, the audit and the
/// gallery.
struct Findings {
  var lipschitz: [LipschitzRecord] = []
  var brackets: [BracketRecord] = []
  var smoothing: [SmoothingRecord] = []
  var audit: [AuditRow] = []
  var gallery: [GalleryItem] = []
  var corruptions: [CorruptionRecord] = []
  var precision: [PrecisionRecord] = []
  var attackSeconds = 0.0
  var boundSeconds = 0.0

  /// - Parameter pictures: a folder for adversarial images; results say that they are in the run's own.
  init(_ session: Session, pictures: URL) throws {
    try session.ranks.lead { .findings(try session.sharedNetworks(), issued: session.issued) }
    let settings = session.configuration.evaluation
    let count = session.benchmarks.count
    session.observer.progress("bounds and audit", done: 0, of: count, unit: "tasks")
    var done = 0
    let tasks = try TaskFindings.all(session) {
      done += 1
      session.observer.progress("bounds and audit", done: done, of: count, unit: "tasks")
    }
    lipschitz = tasks.map(\.lipschitz)
    smoothing = tasks.compactMap(\.smoothing)
    brackets = tasks.compactMap(\.bracket)
    audit = tasks.flatMap(\.audit)
    corruptions = tasks.flatMap(\.corruptions)
    precision = tasks.compactMap(\.precision)
    attackSeconds = tasks.reduce(0) { $0 + $1.attackSeconds }
    boundSeconds = tasks.reduce(0) { $0 + $1.boundSeconds }
    // Files are rank 0's.
    let gallery = Gallery(
      folder: pictures, relativeTo: session.folder.adversarial.lastPathComponent,
      settings: settings, stream: session.findingsStream.stream("gallery"))
    let clock = ContinuousClock()
    let start = clock.now
    for (task, benchmark) in session.benchmarks.enumerated() {
      try session.stopIfAsked()
      self.gallery += try gallery.items(session.models.network(for: task).deployed(), benchmark, task: task)
    }
    attackSeconds += (clock.now - start) / .seconds(1)
  }
}
