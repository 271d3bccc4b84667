import Foundation
import ImageData
import ResidualNets
import Results
import TensorFiles
import Testing
import TorchCore

@testable import Continual

@TorchActor @Suite struct ResumeTests: RunSuite {
  let folders: RunFolders

  init() throws {
    folders = try .withBars()
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
      try expectResumed(configuration, in: runs.url.appending(path: kind.rawValue), at: [(stage, reports)])
    }
  }

  /// In the middle of a task, with every kind of adapter: a side path computes its features again.
  @Test(arguments: [AdapterDescription(kind: .series, budget: 0.5), .init(kind: .side)])
  func everyKindOfAdapterResumesWithinATask(adapter: AdapterDescription) throws {
    let configuration = try Configuration.tiny(data.url) { $0.strategy.adapter = adapter }
    try expectResumed(configuration, in: runs.url, at: [("learn task 2", 1)])
  }

  /// What is perturbed, and the best accuracy under attack so far, go on as if nothing had happened.
  @Test(arguments: [("learn task 1", 2), ("learn task 2", 1)])
  func singleStepAdversarialTrainingResumes(stage: String, reports: Int) throws {
    let configuration = try Configuration.tiny(data.url) {
      $0.training.adversarial.method = .fgsmRS
      $0.evaluation.attacks = []
    }
    try expectResumed(configuration, in: runs.url, at: [(stage, reports)])
  }

  /// The penalties hold nothing from one step to the next.
  @Test func penalisedTrainingResumes() throws {
    let configuration = try Configuration.tiny(data.url) {
      $0.training.penalty.inputGradient = 0.1
      $0.training.penalty.lipschitzMargin = 0.1
      $0.evaluation.attacks = []
    }
    try expectResumed(configuration, in: runs.url, at: [("learn task 1", 2), ("learn task 2", 1)])
  }

  /// A run that ended between the two renames of a checkpoint that it wrote again.
  @Test func aCheckpointThatSteppedAsideIsFound() throws {
    let folder = runs.url.appending(path: "run")
    let expected = try Experiment.train(.tiny(data.url), in: folder)
    let store = CheckpointStore(root: folder.appending(path: "checkpoints"))
    let before = store.entries()
    let newest = try #require(before.last)
    let aside = store.root.appending(path: ".\(newest.url.lastPathComponent).old.tmp")
    try FileManager.default.moveItem(at: newest.url, to: aside)
    #expect(store.entries().last?.url == aside)
    let results = try Experiment.train(.tiny(data.url), in: folder, options: RunOptions(resume: true))
    #expect(results.equalsIgnoringSeconds(expected))

    // Written again, it has its name back, and nothing else is left.
    let found = try #require(try store.newest())
    _ = try store.write(found.checkpoint, after: found.entry)
    #expect(store.entries() == before && !FileManager.default.fileExists(atPath: aside.path))
    #expect(store.entries().map(\.url) == before.map(\.url))
    _ = try store.read(newest)
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
    try Data("a: b".utf8).write(to: precious.appending(path: "config.yaml"))
    #expect(throws: RunError.self) {
      try Experiment.train(.tiny(data.url), in: precious, options: RunOptions(force: true))
    }
    #expect(FileManager.default.fileExists(atPath: precious.appending(path: "thesis.txt").path))
    // Nor does a mistyped data folder cost a finished run.
    #expect(throws: (any Error).self) {
      try Experiment.train(
        .tiny(runs.url.appending(path: "nowhere")), in: folder, options: RunOptions(force: true))
    }
    #expect(FileManager.default.fileExists(atPath: folder.appending(path: "results.json").path))
    _ = try Experiment.train(.tiny(data.url) { $0.seed = 3 }, in: folder, options: RunOptions(force: true))
  }

  @Test func aRunThatCannotBeginCostsNoOldOne() throws {
    let folder = runs.url.appending(path: "run")
    _ = try Experiment.train(.tiny(data.url) { $0.evaluation.attacks = [] }, in: folder)
    let before = try fingerprint(of: folder)
    for change in [
      { (it: inout Configuration) in it.training.augmentation.padAndCrop = 40 },
      { $0.contrasts = [.init(name: "cut", set: ["training.augmentation.cutout=9"])] },
    ] {
      #expect(throws: DataError.self) {
        _ = try Experiment.train(.tiny(data.url, change), in: folder, options: RunOptions(force: true))
      }
    }
    #expect(try fingerprint(of: folder) == before)
  }

  @Test func aRunThatFailsOnItsDataLeavesNothingInTheWay() throws {
    let folder = runs.url.appending(path: "run")
    #expect(throws: (any Error).self) { try Experiment.train(.tiny(runs.url.appending(path: "nowhere")), in: folder) }
    _ = try Experiment.train(.tiny(data.url), in: folder)
  }

  /// The head of a pre-training lesson belongs to no task, and must be in the checkpoint all the same.
  @Test func interruptedPretrainingEqualsUninterrupted() throws {
    let configuration = try Configuration.tiny(data.url) {
      $0.strategy.trunk = .folder
      $0.strategy.trunkPath = data.url.path
    }
    try expectResumed(configuration, in: runs.url, at: [("learn pre-training", 2)])
  }

  /// Other images, other classes or an edited configuration under a run are noticed, by every command that reads it.
  @Test func changedImagesAreNoticed() throws {
    let folder = runs.url.appending(path: "run")
    _ = try Experiment.train(.tiny(data.url), in: folder)
    func changes(_ body: () throws -> Void) -> Bool {
      do {
        try body()
        return false
      } catch RunError.dataDiffers {
        return true
      } catch {
        Issue.record("\(error)")
        return false
      }
    }
    func expectNoticed() throws {
      #expect(changes { _ = try Experiment.train(.tiny(data.url), in: folder, options: RunOptions(resume: true)) })
      #expect(changes { _ = try Experiment.evaluate(folder) })
      let verification = try Experiment.verify(folder)
      #expect(verification.firstDifference?.hasPrefix("images:") == true, "\(verification)")
    }
    let train = data.url.appending(path: "train")
    let (image, aside) = (train.appending(path: "class-1/3.png"), runs.url.appending(path: "3.png"))
    try FileManager.default.moveItem(at: image, to: aside)
    try expectNoticed()
    try FileManager.default.moveItem(at: aside, to: image)
    #expect(try Experiment.verify(folder).passed)

    // Two classes fewer: fewer lessons than the run has checkpoints.
    for split in ["train", "test"] {
      for label in 2..<4 {
        try FileManager.default.removeItem(at: data.url.appending(path: "\(split)/class-\(label)"))
      }
    }
    try expectNoticed()
  }

  @Test func anEditedConfigurationIsNoticed() throws {
    let folder = runs.url.appending(path: "run")
    _ = try Experiment.train(.tiny(data.url), in: folder)
    let url = folder.appending(path: "config.yaml")
    let text = try String(contentsOf: url, encoding: .utf8)
    try text.replacing("seed: 0", with: "seed: 7").write(to: url, atomically: true, encoding: .utf8)
    #expect {
      try Experiment.train(.tiny(data.url) { $0.seed = 7 }, in: folder, options: RunOptions(resume: true))
    } throws: {
      if case RunError.configurationDiffers = $0 { true } else { false }
    }
  }

  /// Numbers that no run writes are refused, not trusted.
  @Test(arguments: [
    ("\"step\" : 12", "\"step\" : -1"), ("\"parts\" : ", "\"parts\" : 90"),
    ("\"eventOffset\" : ", "\"eventOffset\" : -"), ("\"inference\" : [", "\"inference\" : [[0, 1], "),
  ])
  func aStateThatLiesIsRefused(from: String, to: String) throws {
    let folder = runs.url.appending(path: "run")
    let configuration = try Configuration.tiny(data.url) {
      $0.training.trunkEpochs = 2
      $0.training.epochs = 2
    }
    _ = try Experiment.train(configuration, in: folder)
    for entry in CheckpointStore(root: folder.appending(path: "checkpoints")).entries() {
      let url = entry.url.appending(path: "state.json")
      let text = try String(contentsOf: url, encoding: .utf8)
      try text.replacing(from, with: to).write(to: url, atomically: true, encoding: .utf8)
    }
    #expect(throws: RunError.self) {
      try Experiment.train(configuration, in: folder, options: RunOptions(resume: true))
    }
  }

  /// A checkpoint of an older version lacks what this one holds; the reason is its schema, not the first missing field.
  @Test func anOlderSchemaIsRefusedByName() throws {
    let folder = runs.url.appending(path: "run")
    let configuration = try Configuration.tiny(data.url) { $0.evaluation.attacks = [] }
    _ = try Experiment.train(configuration, in: folder)
    for entry in CheckpointStore(root: folder.appending(path: "checkpoints")).entries() {
      let url = entry.url.appending(path: "state.json")
      var state = try #require(JSONSerialization.jsonObject(with: Data(contentsOf: url)) as? [String: Any])
      #expect(state["schema"] as? String == "steadfast.checkpoint/3")
      state["schema"] = "steadfast.checkpoint/1"
      state["hasStrategyState"] = nil
      try JSONSerialization.data(withJSONObject: state).write(to: url)
    }
    #expect {
      try Experiment.train(configuration, in: folder, options: RunOptions(resume: true))
    } throws: {
      "\($0)".contains("has schema 'steadfast.checkpoint/1', this version reads steadfast.checkpoint/3")
    }
  }

  @Test func aLinkInARunFolderIsNotFollowed() throws {
    let folder = runs.url.appending(path: "run")
    _ = try Experiment.train(.tiny(data.url), in: folder)
    let precious = runs.url.appending(path: "precious.txt")
    try Data(repeating: 65, count: 100_000).write(to: precious)
    let metrics = folder.appending(path: "metrics.jsonl")
    try FileManager.default.removeItem(at: metrics)
    try FileManager.default.createSymbolicLink(at: metrics, withDestinationURL: precious)
    #expect(throws: TensorFileError.self) {
      try Experiment.train(.tiny(data.url), in: folder, options: RunOptions(resume: true))
    }
    #expect(try Data(contentsOf: precious).count == 100_000)
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
