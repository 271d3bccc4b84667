import Foundation
import Results
import TensorFiles
import TorchCore

extension Experiment {
  /// Fills or extends a finished run's evaluation, contrasts included, at every task's checkpoint. What is added joins
  /// the run's configuration. Where there are several ranks, the first calls it, and the others ``assist(_:)``.
  ///
  /// All runs are opened and checked before the first is measured, and all are measured before the first is written:
  /// what cannot be is said at once, and who stops it finds every file as it was.
  /// - Returns: the results, which replace `results.json` and the report.
  /// - Throws: as `train`; `RunError.unusable` for what the run has with other settings, `.stopped` where someone asked
  ///   to stop.
  @TorchActor
  public static func evaluate(
    _ url: URL, adding additions: EvaluationAdditions = EvaluationAdditions(), options: RunOptions = RunOptions()
  ) throws -> Results {
    let run = try ExtendedRun(url, additions, of: nil, options)
    let contrasts = try run.configuration.resolvedContrasts().map { name, _ in
      try ExtendedRun(run.folder.contrasts.appending(path: name), additions, of: run.material, options)
    }

    defer { for run in [run] + contrasts { run.folder.discardPictures() } }
    var results: Results
    do {
      results = try run.measure(options)
      for contrast in contrasts {
        options.observer.note("contrast: \(contrast.name)")
        results.contrasts.append(try contrast.measure(options))
      }
    } catch RunError.interrupted {
      throw RunError.stopped(folder: url.path)
    } catch RunError.stopped {
      throw RunError.stopped(folder: url.path)
    }

    for (index, contrast) in contrasts.enumerated() {
      try contrast.write(&results.contrasts[index])
      results.contrasts[index] = results.contrasts[index].inContrast(contrast.name)
    }
    try run.write(&results)
    try checkConsistency(results)
    try options.ranks.lead { .end }
    return results
  }
}

/// A run whose evaluation is extended: opened, then measured, then written.
private struct ExtendedRun {
  let folder: RunFolder
  let configuration: Configuration
  let material: RunMaterial
  /// The configuration as it will be written; without the device of this evaluation.
  private let text: String

  /// Of a contrast.
  var name: String { folder.url.lastPathComponent }

  /// - Parameter parent: of the run that this one is a contrast of.
  /// - Throws: `RunError` where there is no finished run, where it is of other images, or where what is added does not go
  ///   with what it has; `ConfigurationError`, and what reading its images throws.
  init(_ url: URL, _ additions: EvaluationAdditions, of parent: RunMaterial?, _ options: RunOptions) throws {
    folder = try RunFolder(existing: url, for: .writing)
    var configuration = try Experiment.storedConfiguration(folder)
    // A contrast may have attacks with steps of its own, and keeps them.
    try configuration.evaluation.extend(
      parent == nil ? additions : additions.respecting(configuration.evaluation))
    // The reader's limits hold for what is added too.
    text = try configuration.yaml()
    configuration.compute.device = options.device ?? configuration.compute.device
    self.configuration = configuration
    material =
      try parent?.material(for: configuration, observer: options.observer)
      ?? RunMaterial(configuration, place: options.place, observer: options.observer)
    _ = try Session.finalCheckpoint(of: folder, material, leavingParts: true)
  }

  /// Measures everything again. Changes no file but the log.
  /// - Throws: `RunError.interrupted` or `.stopped` where someone asked to stop.
  @TorchActor
  func measure(_ options: RunOptions) throws -> Results {
    try Torch.setThreads(configuration.compute.threads, sharingCoresWith: options.neighbours)
    let observer = try LogObserver(folder.log, forwardingTo: options.observer)
    let session = try Experiment.session(configuration, folder, material, observer, options)
    try session.reevaluate()
    folder.discardPictures()
    return try session.results(pictures: folder.newPictures)
  }

  /// Writes what was measured.
  /// - Parameter results: with those of contrasts, which theirs are compared with.
  func write(_ results: inout Results) throws {
    results.measureIntransigence()
    results.computeCorruptionErrors()
    try AtomicFile.write(text, to: folder.configuration)
    try folder.keepPictures()
    try Experiment.write(results, to: folder)
  }
}
