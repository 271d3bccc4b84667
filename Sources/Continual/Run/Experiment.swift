import Distributed
import Foundation
import Reporting
import Results
import Robustness
import TensorFiles
import TorchCore

/// Whole runs: what the commands call.
public enum Experiment {
  /// Trains, evaluates and reports, contrasts included. Where there are several ranks, the first calls it, and the
  /// others ``assist(_:)``.
  /// - Returns: what `results.json` holds.
  /// - Throws: `RunError`, `DataError`, `DescriptionError`, `TensorFileError`, `TorchError`. `RunError.inconsistent` comes
  ///   last, when results and report are written.
  @TorchActor
  public static func train(
    _ configuration: Configuration, in url: URL, options: RunOptions = RunOptions()
  ) throws -> Results {
    let start = ContinuousClock.now
    // Read before anything is written or replaced: a mistyped data folder must cost nothing.
    let material = try RunMaterial(configuration, place: options.place, observer: options.observer)
    let results = try train(configuration, material, in: url, options, since: start)
    try options.ranks.lead { .end }
    return results
  }

  /// The same with images that are read already.
  /// - Parameter start: since when the run's time is counted.
  @TorchActor
  static func train(
    _ configuration: Configuration, _ material: RunMaterial, in url: URL, _ options: RunOptions,
    since start: ContinuousClock.Instant = .now
  ) throws -> Results {
    try Torch.setThreads(configuration.compute.threads, sharingCoresWith: options.neighbours)
    let contrasts = try configuration.resolvedContrasts()
    for experiment in [configuration] + contrasts.map(\.configuration) { try material.requireFit(experiment) }
    let folder = try RunFolder(url, options.opening)
    try settle(configuration, in: folder)

    var results = try run(configuration, material, in: folder, options)
    for (name, contrast) in contrasts {
      options.observer.note("contrast: \(name)")
      do {
        results.contrasts.append(try runContrast(name, contrast, material, of: folder, options))
      } catch RunError.interrupted {
        // It is the whole run that is to be resumed.
        throw RunError.interrupted(folder: url.path)
      }
    }
    results.measureIntransigence()
    results.computeCorruptionErrors()
    results.seconds.total = (ContinuousClock.now - start) / .seconds(1)
    try write(results, to: folder)
    try checkConsistency(results)
    return results
  }

  /// Pages and tables from the results of runs.
  /// - Returns: the files written.
  public static func report(_ folders: [URL], to out: URL?) throws -> [URL] {
    let runs = try folders.map {
      Report.Run(results: try Results(contentsOf: $0.appending(RunFile.results)), images: $0)
    }
    guard let target = out ?? folders.first else { throw ReportError.nothingToReport }
    return try Report(comparing: runs).write(to: target)
  }

  /// Hashes every tensor of a run again, and computes the old tasks' logits again.
  @TorchActor
  public static func verify(_ url: URL, options: RunOptions = RunOptions()) throws -> Verification {
    let folder = try RunFolder(existing: url, for: .reading)
    var configuration = try storedConfiguration(folder)
    configuration.compute.device = options.device ?? configuration.compute.device
    var verification = try Verifier(folder: folder, configuration: configuration).verify(observer: options.observer)
    if verification.passed {
      try Torch.setThreads(configuration.compute.threads)
      try LogitVerifier(folder: folder, configuration: configuration).verify(&verification, options)
    }
    for (name, _) in try configuration.resolvedContrasts() {
      let place = folder.contrasts.appending(path: name)
      guard FileManager.default.fileExists(atPath: place.appending(RunFile.checkpoints).path) else { continue }
      verification.merge(try verify(place, options: options), named: name)
    }
    return verification
  }

  // MARK: Steps

  private static func run(
    _ configuration: Configuration, _ material: RunMaterial, in folder: RunFolder, _ options: RunOptions
  ) throws -> Results {
    let observer = try LogObserver(folder.log, forwardingTo: options.observer)
    for line in material.stream.lines { observer.note(line) }
    var session = try session(configuration, folder, material, observer, options)
    try session.run(resuming: options.resume)
    if !session.hasMeasuredEverything {
      // The evaluation was extended after the tasks' checkpoints were written.
      session = try Self.session(configuration, folder, material, observer, options)
      try session.reevaluate()
    }
    try session.writeNetworks()
    return try session.results()
  }

  /// A session that every rank has.
  static func session(
    _ configuration: Configuration, _ folder: RunFolder, _ material: RunMaterial, _ observer: any RunObserver,
    _ options: RunOptions
  ) throws -> Session {
    try options.ranks.lead {
      .open(configuration: try configuration.yaml(), folder: folder.url.path, images: material.digests)
    }
    return try Session(
      configuration, folder, material, observer: observer, interruption: options.interruption, ranks: options.ranks)
  }

  private static func runContrast(
    _ name: String, _ configuration: Configuration, _ material: RunMaterial, of parent: RunFolder,
    _ options: RunOptions
  ) throws -> Results {
    let place = parent.contrasts.appending(path: name)
    let material = try material.material(for: configuration, observer: options.observer)
    // A contrast that had not begun when the run was interrupted starts afresh.
    let hasBegun = FileManager.default.fileExists(atPath: place.appending(RunFile.configuration).path)
    let folder = try RunFolder(place, hasBegun ? .resume : .replace)
    var configuration = configuration
    // Where the contrast chooses its own attacks, what `evaluate` added stands in its own configuration alone.
    if hasBegun { configuration.evaluation = try storedConfiguration(folder).evaluation }
    try settle(configuration, in: folder)
    var options = options
    options.resume = hasBegun
    var results = try run(configuration, material, in: folder, options)
    results.computeCorruptionErrors()
    try write(results, to: folder)
    return results.inContrast(name)
  }

  /// Writes what the run is made from; on resume, what is there must agree.
  private static func settle(_ configuration: Configuration, in folder: RunFolder) throws {
    if FileManager.default.fileExists(atPath: folder.configuration.path) {
      let differences = configuration.differences(from: try storedConfiguration(folder))
      guard differences.isEmpty else {
        throw RunError.configurationDiffers(folder: folder.url.path, differences: differences)
      }
    } else {
      try AtomicFile.write(configuration.yaml(), to: folder.configuration)
    }
    guard !FileManager.default.fileExists(atPath: folder.environment.path) else { return }
    try AtomicFile.write(
      JSONEncoder.canonical(pretty: true).encode(Environment(configuration).values), to: folder.environment)
  }

  static func storedConfiguration(_ folder: RunFolder) throws -> Configuration {
    try ConfigurationReader.read(contentsOf: folder.configuration)
  }

  static func write(_ results: Results, to folder: RunFolder) throws {
    try AtomicFile.write(results.json(), to: folder.results)
    try Report(results, images: folder.url).write(to: folder.url)
  }

  static func checkConsistency(_ results: Results) throws {
    for run in [results] + results.contrasts {
      if let contradiction = run.contradiction { throw RunError.inconsistent("\(run.name): \(contradiction)") }
    }
  }
}

extension Results {
  /// The same as a contrast of the run above: its files lie in the contrast's folder.
  func inContrast(_ name: String) -> Results {
    var results = self
    results.gallery = gallery.map { $0.moved(into: "\(RunFile.contrasts.rawValue)/\(name)") }
    return results
  }
}

extension GalleryItem {
  /// The same with its files below a folder of the run.
  fileprivate func moved(into folder: String) -> GalleryItem {
    var item = self
    item.original = "\(folder)/\(original)"
    item.adversarial = "\(folder)/\(adversarial)"
    item.difference = difference.map { "\(folder)/\($0)" }
    return item
  }
}
