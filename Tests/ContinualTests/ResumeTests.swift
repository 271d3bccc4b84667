import Foundation
import Results
import Testing
import TorchCore

@testable import Continual

@TorchActor @Suite struct ResumeTests {
  let data: TemporaryFolder
  let runs: TemporaryFolder

  init() throws {
    data = try TemporaryFolder()
    runs = try TemporaryFolder()
    try BarImages.write(to: data.url)
  }

  /// A run that is stopped at the n-th report of a stage and then resumed equals one that was never stopped.
  @Test(arguments: [
    ("learn task 1", 2), ("evaluate after task 1", 1), ("learn task 2", 1), ("evaluate after task 2", 1),
    ("bounds and audit", 1),
  ])
  func interruptedEqualsUninterrupted(stage: String, reports: Int) throws {
    for kind in [Configuration.Strategy.Kind.adapters, .fineTuning] {
      let configuration = try Configuration.tiny(data.url) {
        $0.strategy.kind = kind
        $0.training.optimizer.kind = kind == .adapters ? .sgd : .adam
        $0.training.optimizer.learningRate = kind == .adapters ? 0.05 : 0.005
      }
      let whole = runs.url.appending(path: "whole-\(kind)")
      let expected = try Experiment.train(configuration, in: whole)

      let stopped = runs.url.appending(path: "stopped-\(kind)")
      let interruption = Interruption()
      let observer = InterruptingObserver(stage, after: reports, interruption)
      #expect(throws: RunError.interrupted(folder: stopped.path)) {
        try Experiment.train(
          configuration, in: stopped, options: RunOptions(observer: observer, interruption: interruption))
      }
      let results = try Experiment.train(configuration, in: stopped, options: RunOptions(resume: true))
      #expect(results.equalsIgnoringSeconds(expected), "\(kind), stopped at \(stage)")
      #expect(try fingerprint(of: stopped) == fingerprint(of: whole), "\(kind), stopped at \(stage)")
    }
  }

  @Test func aFinishedRunResumesToItself() throws {
    let folder = runs.url.appending(path: "run")
    let first = try Experiment.train(.tiny(data.url), in: folder)
    let again = try Experiment.train(.tiny(data.url), in: folder, options: RunOptions(resume: true))
    #expect(first.equalsIgnoringSeconds(again))
  }

  @Test func aDamagedNewestCheckpointGivesWayToItsPredecessor() throws {
    let folder = runs.url.appending(path: "run")
    let expected = try Experiment.train(.tiny(data.url), in: folder)
    let newest = try #require(CheckpointStore(root: folder.appending(path: "checkpoints")).entries().last)
    let state = newest.url.appending(path: "state.json")
    let content = try Data(contentsOf: state)
    try content.prefix(content.count / 2).write(to: state)
    let results = try Experiment.train(.tiny(data.url), in: folder, options: RunOptions(resume: true))
    #expect(results.equalsIgnoringSeconds(expected))
  }

  @Test func aFolderThatIsNotFreshIsRefused() throws {
    let folder = runs.url.appending(path: "run")
    _ = try Experiment.train(.tiny(data.url), in: folder)
    #expect(throws: RunError.notEmpty(folder: folder.path)) { try Experiment.train(.tiny(data.url), in: folder) }
    #expect {
      try Experiment.train(.tiny(data.url) { $0.training.epochs = 5 }, in: folder, options: RunOptions(resume: true))
    } throws: { error in
      guard case RunError.configurationDiffers(_, let differences) = error else { return false }
      return differences.count == 1 && differences[0].contains("training.epochs")
    }
    // Force replaces a run, and nothing that is no run.
    let precious = runs.url.appending(path: "precious")
    try FileManager.default.createDirectory(at: precious, withIntermediateDirectories: true)
    try Data("thesis".utf8).write(to: precious.appending(path: "thesis.txt"))
    #expect(throws: RunError.self) {
      try Experiment.train(.tiny(data.url), in: precious, options: RunOptions(force: true))
    }
    #expect(FileManager.default.fileExists(atPath: precious.appending(path: "thesis.txt").path))
  }

  @Test func nothingToResumeIsSaid() throws {
    #expect(throws: RunError.self) {
      try Experiment.train(
        .tiny(data.url), in: runs.url.appending(path: "none"), options: RunOptions(resume: true))
    }
  }

  @Test func aRunInUseIsRefused() throws {
    let folder = runs.url.appending(path: "run")
    let holder = try RunFolder(folder, .fresh)
    #expect(throws: RunError.inUse(folder: folder.path)) { try Experiment.train(.tiny(data.url), in: folder) }
    withExtendedLifetime(holder) {}
  }
}
