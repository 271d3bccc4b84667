import Foundation
import ImageData
import RandomStreams
import Synchronization
import Testing
import TorchCore

@testable import Continual

/// A folder that goes when the value does.
final class TemporaryFolder: Sendable {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory.appending(path: "steadfast-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }
}

/// The two folders of a suite: images to learn from, and runs.
struct RunFolders {
  let data: TemporaryFolder
  let runs: TemporaryFolder

  /// Both empty.
  init() throws {
    data = try TemporaryFolder()
    runs = try TemporaryFolder()
  }

  /// With images of bars.
  static func withBars(classes: Int = 4, train: Int = 24, test: Int = 8, side: Int = 8) throws -> RunFolders {
    let folders = try RunFolders()
    try BarImages.write(to: folders.data.url, classes: classes, train: train, test: test, side: side)
    return folders
  }
}

/// A suite of runs that learn from images of its own.
protocol RunSuite {
  var folders: RunFolders { get }
}

extension RunSuite {
  var data: TemporaryFolder { folders.data }
  var runs: TemporaryFolder { folders.runs }
}

/// An image folder of bright bars on noise: the bar's row is the class, so a small network learns it in seconds.
enum BarImages {
  static func write(
    to root: URL, classes: Int = 4, train: Int = 24, test: Int = 8, seed: UInt64 = 1, side: Int = 8
  ) throws {
    for (split, count) in [("train", train), ("test", test)] {
      for label in 0..<classes {
        let folder = root.appending(path: "\(split)/class-\(label)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for index in 0..<count {
          let noise = RandomStream(seed: seed).stream(split).stream(label).stream(index)
          let pixels = (0..<side * side).map { pixel in
            UInt8((pixel / side == 2 * label % side ? 150 : 0) + noise.integer(below: 100, at: UInt64(pixel)))
          }
          try PNG.write(
            Image(width: side, height: side, channels: 1, pixels: pixels), to: folder.appending(path: "\(index).png"))
        }
      }
    }
  }
}

extension Configuration {
  /// Two tasks of two classes, a tiny network, seconds on one core.
  static func tiny(_ data: URL, _ change: (inout Configuration) -> Void = { _ in }) throws -> Configuration {
    var configuration = Configuration()
    configuration.name = "tiny"
    configuration.data.folder = data.path
    configuration.network.width = 4
    configuration.training.trunkEpochs = 4
    configuration.training.epochs = 4
    configuration.training.batchSize = 8
    configuration.training.optimizer.learningRate = 0.05
    configuration.evaluation.batchSize = 16
    configuration.evaluation.attacks = [
      Attack(name: .fgsm, norm: .linf, epsilons: [try .init("8/255")]),
      Attack(name: .pgd, norm: .l2, epsilons: [try .init("1/10")], steps: 3),
    ]
    configuration.evaluation.certify = [try .init("1/10")]
    configuration.evaluation.audit = .off
    configuration.evaluation.bracketsPerTask = 2
    configuration.evaluation.galleryPerTask = 1
    configuration.compute.threads = 1
    change(&configuration)
    return configuration
  }

  /// The same without attacks, certificates, brackets and pictures: for what is asked of the learning.
  static func bare(_ data: URL, _ change: (inout Configuration) -> Void = { _ in }) throws -> Configuration {
    try .tiny(data) {
      $0.evaluation.attacks = []
      $0.evaluation.certify = []
      $0.evaluation.bracketsPerTask = 0
      $0.evaluation.galleryPerTask = 0
      change(&$0)
    }
  }
}

/// Raises an interruption the n-th time that a stage reports progress.
final class InterruptingObserver: RunObserver {
  private let stage: String
  private let interruption: Interruption
  private let remaining: Mutex<Int>

  init(_ stage: String, after reports: Int, _ interruption: Interruption) {
    self.stage = stage
    self.interruption = interruption
    remaining = Mutex(reports)
  }

  func progress(_ stage: String, done: Int, of total: Int, unit: String) {
    guard stage.hasPrefix(self.stage) else { return }
    remaining.withLock {
      $0 -= 1
      if $0 == 0 { interruption.raise() }
    }
  }

  func note(_ message: String) {}
  func warn(_ message: String) {}
}

/// The files of a run that must be the same however it came about, by path.
func fingerprint(of run: URL) throws -> [String: Data] {
  var files: [String: Data] = [:]
  let store = CheckpointStore(root: run.appending(path: "checkpoints"))
  for entry in store.entries() where entry.step == nil {
    for name in try FileManager.default.contentsOfDirectory(atPath: entry.url.path) where name.hasSuffix(".safetensors")
    {
      files["\(entry.url.lastPathComponent)/\(name)"] = try Data(contentsOf: entry.url.appending(path: name))
    }
  }
  files["metrics.jsonl"] = try Data(contentsOf: run.appending(path: "metrics.jsonl"))
  return files
}

/// Trains without a stop, and stopped at a report of a stage and resumed, and expects the same results and files.
/// - Parameters:
///   - folder: where the runs go, `whole` among them.
///   - stops: each a run of its own: the stage, and which of its reports.
@TorchActor func expectResumed(
  _ configuration: Configuration, in folder: URL, at stops: [(stage: String, reports: Int)],
  sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let kind = configuration.strategy.kind
  let whole = folder.appending(path: "whole")
  let expected = try Experiment.train(configuration, in: whole)
  for (number, stop) in stops.enumerated() {
    let stopped = folder.appending(path: "stopped-\(number)")
    let interruption = Interruption()
    let observer = InterruptingObserver(stop.stage, after: stop.reports, interruption)
    #expect(throws: RunError.interrupted(folder: stopped.path), sourceLocation: sourceLocation) {
      try Experiment.train(
        configuration, in: stopped, options: RunOptions(observer: observer, interruption: interruption))
    }
    let results = try Experiment.train(configuration, in: stopped, options: RunOptions(resume: true))
    #expect(
      results.equalsIgnoringSeconds(expected), "\(kind), stopped at \(stop.stage)", sourceLocation: sourceLocation)
    #expect(
      try fingerprint(of: stopped) == fingerprint(of: whole), "\(kind), stopped at \(stop.stage)",
      sourceLocation: sourceLocation)
  }
}
