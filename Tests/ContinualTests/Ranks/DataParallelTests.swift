import Foundation
import ResidualNets
import Results
import Synchronization
import TensorFiles
import Testing
import ThreadRanks
import TorchCore

@testable import Continual

/// Whole runs in which ranks, here threads, learn from each batch together.
@TorchActor @Suite struct DataParallelTests: RunSuite {
  let folders: RunFolders

  init() throws {
    try Torch.setThreads(1)
    // 22 images a task in batches of 8: no share of three ranks is like the others.
    folders = try .withBars(train: 11, test: 2)
  }

  private func configuration(_ change: (inout Configuration) -> Void = { _ in }) throws -> Configuration {
    try .bare(data.url) {
      $0.training.trunkEpochs = 2
      $0.training.epochs = 2
      $0.training.augmentation.flip = true
      $0.compute.dataParallel = true
      change(&$0)
    }
  }

  /// What an observer was told beside progress.
  private final class Words: RunObserver {
    private let lines = Mutex<[String]>([])

    var all: [String] { lines.withLock(\.self) }
    func progress(_ stage: String, done: Int, of total: Int, unit: String) {}
    func note(_ message: String) { lines.withLock { $0.append(message) } }
    func warn(_ message: String) { lines.withLock { $0.append(message) } }
  }

  /// The tensors after a lesson, by file and name; those that the strategy keeps beside the networks, too.
  private func tensors(_ folder: URL, after lesson: Int) throws -> [String: [Double]] {
    let store = CheckpointStore(root: folder.appending(path: "checkpoints"))
    let files = try store.read(store.completed()[lesson]).files
    var tensors: [String: [Double]] = [:]
    for (file, content) in files {
      for (name, tensor) in content { tensors["\(file)/\(name)"] = try Tensor(tensor).doubles() }
    }
    return tensors
  }

  /// The largest distance of a tensor, relative to its length.
  private func distance(_ found: [String: [Double]], _ expected: [String: [Double]]) -> Double {
    func length(_ values: [Double]) -> Double { values.reduce(0) { $0 + $1 * $1 }.squareRoot() }
    guard found.keys == expected.keys else { return .infinity }
    return expected.map { name, values in
      length(zip(found[name] ?? [], values).map { $0 - $1 }) / max(length(values), 1e-3)
    }.max() ?? .infinity
  }

  /// The trunk of adapters: the same bytes again over as many ranks, and one rank's network but for rounding.
  @Test(arguments: [2, 3]) func adapters(size: Int) throws {
    let configuration = try configuration()
    let (first, again, one) = (
      runs.url.appending(path: "a"), runs.url.appending(path: "b"), runs.url.appending(path: "c")
    )
    let results = try trainOverThreads(configuration, over: size, in: first)
    var repeated = try trainOverThreads(configuration, over: size, in: again)
    repeated.seconds = results.seconds
    #expect(repeated == results)
    #expect(try fingerprint(of: again) == fingerprint(of: first))
    #expect(results.environment["trainingRanks"] == "\(size)" && results.nonForgetting?.verified == true)

    let alone = try trainOverThreads(configuration, over: 1, in: one)
    #expect(alone.environment["trainingRanks"] == "1")
    let (found, expected) = (try tensors(first, after: 0), try tensors(one, after: 0))
    #expect(try fingerprint(of: first) != fingerprint(of: one), "shares are rounded elsewhere")
    let distance = distance(found, expected)
    #expect(distance < 1e-4, "after the trunk's lesson: \(distance)")
  }

  /// In bfloat16 shares are rounded elsewhere, too, but eight bits leave more of it; statistics are fp32's.
  @Test func inHalfTheBits() throws {
    let configuration = try configuration {
      $0.compute.precision.training = .bf16
      $0.training.trunkEpochs = 1
      $0.training.optimizer.learningRate = 0.01
    }
    let (two, again, one) = (
      runs.url.appending(path: "a"), runs.url.appending(path: "b"), runs.url.appending(path: "c")
    )
    let results = try trainOverThreads(configuration, over: 2, in: two)
    try trainOverThreads(configuration, over: 2, in: again)
    #expect(try fingerprint(of: again) == fingerprint(of: two))
    try trainOverThreads(configuration, over: 1, in: one)
    let distance = distance(try tensors(two, after: 0), try tensors(one, after: 0))
    #expect(distance > 1e-5 && distance < 0.05, "after the trunk's lesson: \(distance)")
    #expect(results.precision.count == 2 && results.nonForgetting?.verified == true)
  }

  /// Off, the trunk does not depend on the number of ranks.
  @Test func offIsOneRank() throws {
    let configuration = try configuration { $0.compute.dataParallel = false }
    let (two, one) = (runs.url.appending(path: "two"), runs.url.appending(path: "one"))
    var results = try trainOverThreads(configuration, over: 2, in: two)
    let alone = try trainOverThreads(configuration, over: 1, in: one)
    results.seconds = alone.seconds
    #expect(results == alone && results.environment["trainingRanks"] == nil)
    #expect(try fingerprint(of: two) == fingerprint(of: one))
  }

  /// Every strategy learns what it learns alone, whatever it keeps from task to task.
  @Test(arguments: Configuration.Strategy.Kind.allCases)
  func strategies(kind: Configuration.Strategy.Kind) throws {
    let configuration = try configuration {
      $0.strategy.kind = kind
      $0.training.trunkEpochs = 1
      $0.training.epochs = 1
      $0.training.optimizer.learningRate = 0.01
      $0.strategy.projection.features = 16
    }
    let (two, one) = (runs.url.appending(path: "two"), runs.url.appending(path: "one"))
    let words = Words()
    let results = try trainOverThreads(configuration, over: 2, in: two, observer: words)
    try trainOverThreads(configuration, over: 1, in: one)
    #expect(results.environment["trainingRanks"] == "2")
    #expect(!words.all.contains { $0.contains("rank 0 trains alone") })
    for lesson in 0..<2 {
      let distance = distance(try tensors(two, after: lesson), try tensors(one, after: lesson))
      #expect(distance < 1e-4, "\(kind) after lesson \(lesson + 1): \(distance)")
    }
  }

  struct Rehearsal: Sendable, CustomTestStringConvertible {
    let kind: Configuration.Strategy.Kind
    let size: Int
    var batch = 8
    /// Of the memory.
    var batchOfMemory = 5
    var scenario = Configuration.Strategy.ScenarioChoice.classes
    var isOnline = false
    var threat = Configuration.Adversarial.Method.none

    var testDescription: String {
      "\(kind.rawValue) over \(size), batches of \(batch) and \(batchOfMemory), \(scenario.rawValue)"
        + (isOnline ? ", online" : "") + (threat == .none ? "" : ", \(threat.rawValue)")
    }

    func apply(to configuration: inout Configuration) {
      configuration.strategy.kind = kind
      configuration.strategy.scenario = scenario
      configuration.strategy.memory.size = 10
      configuration.strategy.memory.batchSize = batchOfMemory
      configuration.training.batchSize = batch
      configuration.training.optimizer.learningRate = 0.01
      configuration.training.adversarial.method = threat
      configuration.training.adversarial.steps = 2
      configuration.training.trunkEpochs = 1
      configuration.training.epochs = 1
      if isOnline { configuration.data.stream.online = .init(blur: 0.3) }
    }
  }

  nonisolated static let rehearsals: [Rehearsal] =
    [.replay, .darkReplay, .averagedGEM, .gdumb].flatMap { kind in
      [
        Rehearsal(kind: kind, size: 2), Rehearsal(kind: kind, size: 3, scenario: .task),
        // Some ranks have no images, neither new ones nor of the memory, and where both are joined neither.
        Rehearsal(kind: kind, size: 4, batch: 2, batchOfMemory: 1),
      ]
    }
    + [.replay, .darkReplay, .averagedGEM].map { Rehearsal(kind: $0, size: 2, isOnline: true) }
    + [
      Rehearsal(kind: .darkReplay, size: 3, scenario: .domain, isOnline: true),
      Rehearsal(kind: .replay, size: 2, threat: .pgd), Rehearsal(kind: .darkReplay, size: 3, threat: .pgd),
      Rehearsal(kind: .averagedGEM, size: 2, threat: .pgd),
    ]

  /// Steps with several passes: over as many ranks the same bytes again, and over one the same network and the same
  /// memory, stored answers included, but for rounding.
  @Test(arguments: rehearsals) func rehearsal(it: Rehearsal) throws {
    let configuration = try configuration { it.apply(to: &$0) }
    let (first, again, one) = (
      runs.url.appending(path: "a"), runs.url.appending(path: "b"), runs.url.appending(path: "c")
    )
    let results = try trainOverThreads(configuration, over: it.size, in: first)
    #expect(results.environment["trainingRanks"] == "\(it.size)")
    try trainOverThreads(configuration, over: it.size, in: again)
    #expect(try fingerprint(of: again) == fingerprint(of: first))
    try trainOverThreads(configuration, over: 1, in: one)
    #expect(try fingerprint(of: first) != fingerprint(of: one), "shares are rounded elsewhere")
    for lesson in 0..<2 {
      let (found, expected) = (try tensors(first, after: lesson), try tensors(one, after: lesson))
      let distance = distance(found, expected)
      #expect(distance < 1e-5, "after lesson \(lesson + 1): \(distance)")
      #expect(it.kind == .gdumb || expected["strategy/memory.places"]?.count == 10)
      #expect(found["strategy/memory.places"] == expected["strategy/memory.places"])
    }
  }

  @Test(arguments: [
    Rehearsal(kind: .replay, size: 2), Rehearsal(kind: .darkReplay, size: 3), Rehearsal(kind: .averagedGEM, size: 2),
    Rehearsal(kind: .gdumb, size: 2), Rehearsal(kind: .darkReplay, size: 2, isOnline: true),
  ])
  func interruptedRehearsal(it: Rehearsal) throws {
    let configuration = try configuration {
      it.apply(to: &$0)
      if !it.isOnline { $0.training.epochs = 2 }
    }
    try expectResumed(configuration, over: it.size, at: it.isOnline ? "evaluate after task 1" : "learn task 2")
  }

  /// What cannot be shared is one rank's, and it is said why.
  @Test func othersTrainOnRank0() throws {
    let configuration = try configuration {
      $0.training.penalty.inputGradient = 0.1
      $0.training.epochs = 1
      $0.training.trunkEpochs = 1
    }
    let (two, one) = (runs.url.appending(path: "two"), runs.url.appending(path: "one"))
    let words = Words()
    let results = try trainOverThreads(configuration, over: 2, in: two, observer: words)
    try trainOverThreads(configuration, over: 1, in: one)
    #expect(try fingerprint(of: two) == fingerprint(of: one))
    #expect(results.environment["trainingRanks"] == nil)
    #expect(words.all.contains { $0.contains("rank 0 trains alone") && $0.contains("training.penalty.inputGradient") })
  }

  @Test func obstaclesAreNamed() throws {
    func obstacle(_ change: (inout Configuration) -> Void) throws -> String? {
      try configuration(change).sharingObstacle
    }
    #expect(try obstacle { _ in } == nil)
    #expect(try obstacle { $0.network.block = .backwardEuler }?.contains("backward-euler") == true)
    #expect(try obstacle { $0.training.penalty.inputGradient = 0.1 }?.contains("inputGradient") == true)
    let withoutNorm = try obstacle {
      $0.training.penalty.inputGradient = 0.1
      $0.network.norm = .group
    }
    #expect(withoutNorm == nil)
  }

  /// Stopped in the middle of the trunk's lesson, also with what pre-training, Adam and single-step attacks carry on.
  @Test(arguments: [
    (Configuration.Strategy.Kind.adapters, "learn task 1"), (.fineTuning, "learn task 2"), (.ewc, "learn task 2"),
    (.adapters, "learn pre-training"),
  ])
  func interruptedEqualsUninterrupted(kind: Configuration.Strategy.Kind, stage: String) throws {
    let configuration = try configuration {
      $0.strategy.kind = kind
      if stage.hasSuffix("pre-training") {
        $0.strategy.trunk = .folder
        $0.strategy.trunkPath = data.url.path
        $0.training.adversarial.method = .fgsmRS
      }
      if kind == .fineTuning {
        $0.training.optimizer.kind = .adam
        $0.training.optimizer.learningRate = 0.005
      }
    }
    try expectResumed(configuration, over: 2, at: stage)
  }

  /// Trains without a stop, and stopped at a stage's first report and resumed, and expects the same results and files.
  private func expectResumed(_ configuration: Configuration, over size: Int, at stage: String) throws {
    let (whole, stopped) = (runs.url.appending(path: "whole"), runs.url.appending(path: "stopped"))
    let expected = try trainOverThreads(configuration, over: size, in: whole)
    let interruption = Interruption()
    #expect(throws: RunError.interrupted(folder: stopped.path)) {
      try trainOverThreads(
        configuration, over: size, in: stopped, observer: InterruptingObserver(stage, after: 1, interruption),
        interruption: interruption)
    }
    var resumed = try trainOverThreads(configuration, over: size, in: stopped, resuming: true)
    resumed.seconds = expected.seconds
    #expect(resumed == expected)
    #expect(try fingerprint(of: stopped) == fingerprint(of: whole))
  }

  /// Going on over another number of ranks is right, but not bit for bit: it is said, and recorded.
  @Test func goingOnOverOthersIsSaid() throws {
    let configuration = try configuration()
    let (whole, stopped) = (runs.url.appending(path: "whole"), runs.url.appending(path: "stopped"))
    try trainOverThreads(configuration, over: 2, in: whole)
    let interruption = Interruption()
    #expect(throws: RunError.interrupted(folder: stopped.path)) {
      try trainOverThreads(
        configuration, over: 2, in: stopped, observer: InterruptingObserver("learn task 1", after: 1, interruption),
        interruption: interruption)
    }
    let words = Words()
    let results = try trainOverThreads(configuration, over: 3, in: stopped, resuming: true, observer: words)
    #expect(results.environment["trainingRanks"] == "2, 3")
    #expect(words.all.filter { $0.contains("trained over 2 ranks so far, and from here on over 3") }.count == 1)
    let distance = distance(try tensors(stopped, after: 0), try tensors(whole, after: 0))
    #expect(distance > 0 && distance < 1e-4)

    // The adapters that follow do not depend on it.
    let again = try trainOverThreads(configuration, over: 1, in: stopped, resuming: true)
    #expect(again.environment["trainingRanks"] == "2, 3")
  }

  /// A rank whose steps differ is found out at the end of the epoch, before anything is saved.
  @Test(arguments: [false, true]) func ranksThatPartAreStopped(inMemory: Bool) throws {
    let outcomes = ThreadTransport.run(2) { ranks in
      let own = try Tensor([Float(1), ranks.isFirst ? 2 : Float(2).nextUp], [2])
      let common = try Tensor([Float(1), 2], [2])
      try ranks.requireEqual(
        ["weight": Parameter(inMemory ? common : own)], ["logits": (inMemory ? own : common).host()],
        after: "epoch 1 of task 1")
    }
    #expect {
      try outcomes[0].get()
    } throws: { error in
      guard case RunError.unusable(let reason) = error else { return false }
      return reason.contains("after epoch 1 of task 1 rank 1") && reason.contains("compute.dataParallel")
    }
  }
}
