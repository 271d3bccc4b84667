import Foundation
import ImageData
import ResidualNets
import Results
import Testing
import TorchCore

@testable import Continual

private typealias Kind = Configuration.Strategy.Kind
private let kinds: [Configuration.Strategy.Kind] = [.joint, .cumulative, .replay, .darkReplay, .averagedGEM, .gdumb]

/// Whole runs of the strategies that see old images again.
@TorchActor @Suite struct MemoryRunTests: RunSuite {
  let folders: RunFolders

  init() throws {
    folders = try .withBars(train: 12, test: 2)
  }

  private func tiny(_ kind: Kind, _ change: (inout Configuration) -> Void = { _ in }) throws -> Configuration {
    try .tiny(data.url) {
      $0.strategy.kind = kind
      $0.strategy.memory.size = 10
      $0.strategy.memory.batchSize = 4
      $0.training.trunkEpochs = 2
      $0.training.epochs = 2
      $0.evaluation = .init()
      $0.evaluation.galleryPerTask = 0
      $0.evaluation.bracketsPerTask = 0
      change(&$0)
    }
  }

  /// Learns and measures, without what is looked at once at the end.
  private func learn(
    _ configuration: Configuration, in folder: URL, resuming: Bool = false,
    stoppedBy stop: (stage: String, reports: Int)? = nil
  ) throws {
    let interruption = Interruption()
    let observer: any RunObserver =
      stop.map { InterruptingObserver($0.stage, after: $0.reports, interruption) } ?? SilentObserver()
    let opened = try RunFolder(folder, resuming ? .resume : .fresh)
    try Data(configuration.yaml().utf8).write(to: opened.configuration)
    let session = try Session(
      configuration, opened, RunMaterial(configuration, observer: observer),
      observer: observer, interruption: interruption)
    try session.run(resuming: resuming)
  }

  /// Learns without a stop, and stopped and resumed, and expects the same files.
  private func expectResumed(_ configuration: Configuration, _ stops: [(stage: String, reports: Int)]) throws {
    let whole = runs.url.appending(path: "whole")
    try learn(configuration, in: whole)
    for (number, stop) in stops.enumerated() {
      let stopped = runs.url.appending(path: "stopped-\(number)")
      #expect(throws: RunError.interrupted(folder: stopped.path)) {
        try learn(configuration, in: stopped, stoppedBy: stop)
      }
      try learn(configuration, in: stopped, resuming: true)
      #expect(try fingerprint(of: stopped) == fingerprint(of: whole), "\(configuration.strategy.kind), \(stop.stage)")
    }
  }

  /// Stopped within a task, or after one, a run goes on to the same bytes; batch norm and augmentation included.
  @Test(arguments: kinds)
  func resumesBitForBit(kind: Configuration.Strategy.Kind) throws {
    let configuration = try tiny(kind) {
      $0.strategy.scenario = kind == .replay || kind == .gdumb ? .task : .classes
      $0.training.augmentation.padAndCrop = 1
    }
    try expectResumed(configuration, [("learn task 1", 1), ("evaluate after task 1", 1), ("learn task 2", 1)])
  }

  @Test(arguments: [Configuration.Strategy.Kind.replay, .darkReplay, .averagedGEM])
  func onlineResumesBitForBit(kind: Configuration.Strategy.Kind) throws {
    let configuration = try tiny(kind) {
      $0.data.stream.online = .init(blur: 0.3)
      $0.training.trunkEpochs = 1
      $0.training.epochs = 1
      $0.checkpoints.everySteps = 4
    }
    try expectResumed(configuration, [("evaluate after task 1", 1)])
    let store = CheckpointStore(root: runs.url.appending(path: "whole/checkpoints"))
    let states = try store.completed().map { try #require(try store.read($0).files[Checkpoint.strategyFile]) }
    #expect(try states.map { try $0["memory.offered"]?.values(as: Int64.self) } == [[24], [48]], "each image once")
  }

  @Test(arguments: kinds)
  func everyScenarioIsLearned(kind: Configuration.Strategy.Kind) throws {
    for scenario in [Configuration.Strategy.ScenarioChoice.task, .domain, .classes] {
      let folder = runs.url.appending(path: scenario.rawValue)
      let results = try Experiment.train(
        .bench(data.url, kind, scenario) {
          $0.strategy.memory.size = 16
          $0.training.trunkEpochs = 6
          $0.evaluation.attacks = []
          $0.evaluation.certify = []
        }, in: folder)
      let clean = try #require(results.accuracy(of: .clean(.taskAware)))
      for (row, column) in [(0, 0), (1, 0), (1, 1)] {
        #expect(try #require(clean.accuracy[row, column]) > 0.6, "\(scenario), \(row), \(column)")
      }
      #expect(results.nonForgetting == nil, "nothing is promised")
      let memory = try #require(results.memory)
      #expect(memory.images == (kind == .joint || kind == .cumulative ? 48 : 16))
      // Of 64 samples each; the logits of the first task's outputs, or of all four.
      let logits = memory.bytes - 64 * memory.images
      #expect(kind == .darkReplay ? logits >= 16 * 2 * 4 && logits <= 16 * 4 * 4 : logits == 0, "\(logits)")
      #expect(try Results(contentsOf: folder.appending(path: "results.json")).memory == memory)
      guard scenario == .classes else { continue }
      // Every row can be measured again from its checkpoint.
      let again = try Experiment.evaluate(folder)
      #expect(again.accuracy(of: .clean(.taskAware)) == clean && again.memory == memory, "\(scenario)")
    }
  }

  /// The first lesson of joint training is that of fine-tuning, and each later one starts where the first did.
  @Test func aFreshNetworkStartsWhereTheFirstDid() throws {
    for kind in [Kind.joint, .fineTuning, .cumulative] {
      try learn(tiny(kind) { $0.strategy.scenario = .classes }, in: runs.url.appending(path: kind.rawValue))
    }
    func files(_ kind: Kind, _ lesson: Int) throws -> [String: Data] {
      try fingerprint(of: runs.url.appending(path: kind.rawValue)).filter {
        $0.key.hasPrefix("lesson-00\(lesson)/") && !$0.key.hasSuffix("strategy.safetensors")
      }
    }
    #expect(try files(.joint, 1) == files(.fineTuning, 1) && files(.cumulative, 1) == files(.fineTuning, 1))
    #expect(try files(.joint, 2) != files(.cumulative, 2))

    for kind in [Kind.joint, .gdumb] {
      let bench = try Workbench(
        tiny(kind) { $0.strategy.scenario = .task }, in: runs.url.appending(path: "bench-\(kind)"))
      let first = try bench.open(0)
      let start = try bench.models.modules.mapValues { try $0.state() }
      try bench.learn(first, steps: 2, rate: 0.1)
      try bench.close(first)
      #expect(try bench.models.modules.mapValues { try $0.state() } != start)
      let second = try bench.open(1)
      for (file, state) in start { #expect(try bench.models.modules[file]?.state() == state, "\(kind): \(file)") }
      let images = try #require(second.assignment.images)
      #expect(images.count == (kind == .joint ? 48 : 10))
      #expect(Set((0..<images.count).map(images.target)) == [0, 1, 2, 3])
      #expect(second.assignment.parameters.keys.contains("task-001.head.weight"), "old heads learn too")
    }
  }

  /// Where outputs are shared, the memory of GDumb is balanced over tasks too; and it grows task by task.
  @Test func theMemoryOfGDumbHoldsEveryTask() throws {
    let bench = try Workbench(tiny(.gdumb) { $0.strategy.scenario = .domain }, in: runs.url.appending(path: "run"))
    let gdumb = try #require(bench.strategy as? GDumb)
    #expect(gdumb.memory(after: 0).places.allSatisfy { $0 < 24 } && gdumb.memory(after: 0).count == 10)
    let places = gdumb.memory(after: 1).places
    #expect(places.count == 10 && [4, 5, 6].contains(places.count { $0 < 24 }))
    #expect(Set(places.map { $0 / 12 }) == [0, 1, 2, 3], "each class of each task")
  }

  @Test func aPretrainedTrunkIsWhereFreshNetworksStart() throws {
    let configuration = try tiny(.joint) {
      $0.strategy.trunk = .folder
      $0.strategy.trunkPath = data.url.path
    }
    try expectResumed(configuration, [("learn task 1", 1), ("learn task 2", 1)])
    let store = CheckpointStore(root: runs.url.appending(path: "whole/checkpoints"))
    let last = try store.read(#require(store.completed().last))
    let first = try store.read(#require(store.completed().first))
    let start = try #require(last.files[Checkpoint.strategyFile])
    for (path, tensor) in try #require(first.files["trunk"]) {
      #expect(start["start/trunk/\(path)"] == tensor, "\(path)")
    }
  }

  // MARK: Results

  @Test func jointTrainingIsTheReferenceOfIntransigence() throws {
    let folder = runs.url.appending(path: "run")
    let configuration = try tiny(.fineTuning) {
      $0.strategy.scenario = .classes
      $0.contrasts = [
        .init(name: "joint", set: ["strategy.kind=joint"]), .init(name: "replay", set: ["strategy.kind=replay"]),
      ]
    }
    let results = try Experiment.train(configuration, in: folder)
    let joint = results.contrasts[0]
    for readout in [MeasureKey.clean(.taskAware), .clean(.taskAgnostic)] {
      let best = try #require(joint.accuracy(of: readout)?.accuracy[1, 1])
      for measured in [results, results.contrasts[1]] {
        let own = try #require(measured.accuracy(of: readout)?.accuracy[1, 1])
        #expect(measured.metrics(of: readout)?.intransigence == best - own)
      }
      #expect(joint.metrics(of: readout)?.intransigence == nil)
    }
    var elsewhere = results
    elsewhere.contrasts[0].tasks[1].name += " of another order"
    elsewhere.computeMetrics()
    elsewhere.measureIntransigence()
    #expect(elsewhere.metrics(of: .clean(.taskAware))?.intransigence == nil, "other tasks have another reference")
    let stored = try Results(contentsOf: folder.appending(path: "results.json"))
    #expect(stored == results)
    #expect(results.memory == nil && joint.memory == MemoryRecord(images: 48, bytes: 48 * 64))
    let again = try Experiment.evaluate(folder)
    #expect(again.metrics == results.metrics)
  }

  // MARK: Refusals

  private func refusal(_ configuration: Configuration) throws -> String {
    let folder = runs.url.appending(path: "refused")
    let error = try #require(throws: RunError.self) { _ = try Experiment.train(configuration, in: folder) }
    #expect(!FileManager.default.fileExists(atPath: folder.path), "nothing was written")
    return "\(error)"
  }

  @Test func whatMakesNoSenseIsRefused() throws {
    for kind in [Kind.joint, .cumulative, .gdumb] {
      let online = try tiny(kind) {
        $0.data.stream.online = .init(blur: 0)
        ($0.training.trunkEpochs, $0.training.epochs) = (1, 1)
      }
      #expect(try refusal(online).contains("where a task ends"))
    }
    for kind in kinds {
      #expect(try refusal(tiny(kind) { $0.training.augmentation.mixup = 0.2 }).contains("mixup"))
    }
    let mixed = try tiny(.darkReplay) {
      $0.training.augmentation.mixup = 0.2
      $0.strategy.scenario = .classes
    }
    #expect(try refusal(mixed).contains("logits of single images"))
    #expect(try refusal(tiny(.gdumb) { $0.strategy.memory.size = 3 }).contains("each of 4 classes"))
  }

  /// A memory of one image, and batches of it larger than it is.
  @Test(arguments: [Configuration.Strategy.Kind.replay, .darkReplay, .averagedGEM])
  func theSmallestMemoryWorks(kind: Configuration.Strategy.Kind) throws {
    let folder = runs.url.appending(path: "run")
    try learn(tiny(kind) { $0.strategy.memory.size = 1 }, in: folder)
    let store = CheckpointStore(root: folder.appending(path: "checkpoints"))
    let last = try store.read(#require(store.completed().last))
    #expect(last.files[Checkpoint.strategyFile]?["memory.places"]?.shape == [1])
  }
}

/// What a memory is worth, on digits that were written by hand.
@TorchActor @Suite struct DigitReplayTests {
  @Test func replayRemembersWhatFineTuningForgets() throws {
    let digits = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Datasets/digits/handwritten")
    let runs = try TemporaryFolder()
    func accuracy(_ kind: Kind) throws -> Double {
      let results = try Experiment.train(
        .bench(digits, kind) {
          $0.network.width = 32
          $0.strategy.memory.size = 100
          $0.training.batchSize = 32
          $0.training.optimizer.learningRate = 0.05
          $0.evaluation = .init()
          $0.evaluation.galleryPerTask = 0
          $0.evaluation.bracketsPerTask = 0
        }, in: runs.url.appending(path: kind.rawValue))
      return try #require(results.metrics(of: .clean(.taskAgnostic))?.averageAccuracy)
    }
    let (forgetful, replayed) = (try accuracy(.fineTuning), try accuracy(.replay))
    // Of ten classes fine-tuning knows the last two.
    #expect(forgetful < 0.35 && replayed > forgetful + 0.3, "\(forgetful), \(replayed)")
  }
}
