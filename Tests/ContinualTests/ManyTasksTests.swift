import Foundation
import ImageData
import OrderedCollections
import RandomStreams
import ResidualNets
import Results
import TensorFiles
import Testing
import TorchCore

@testable import Continual

/// What keeps a run of many tasks small: parts and records of settled tasks lie in files, networks are made when asked
/// for, and old tasks need not be evaluated after each new one.
@TorchActor @Suite struct ManyTasksTests: RunSuite {
  let folders: RunFolders

  private static let tasks = 4

  init() throws {
    folders = try .withBars(classes: 2 * Self.tasks, train: 6, test: 2, side: 16)
  }

  private func configuration(_ change: (inout Configuration) throws -> Void = { _ in }) throws -> Configuration {
    var configuration = try Configuration.bare(data.url) {
      $0.training.trunkEpochs = 2
      $0.training.epochs = 1
    }
    try change(&configuration)
    return configuration
  }

  private func session(_ configuration: Configuration, _ url: URL, _ opening: RunFolder.Opening) throws -> Session {
    try Session(
      configuration, RunFolder(url, opening), RunMaterial(configuration, observer: SilentObserver()),
      observer: SilentObserver(), interruption: Interruption())
  }

  /// Whether a run keeps the parts in memory is decided by its strategy; where nothing touches them, none is held.
  @Test(arguments: [
    (Configuration.Strategy.Kind.adapters, 0), (.sharedAdapter, 4), (.fineTuning, 4), (.separate, 4),
  ])
  func settledAdaptersAreNotHeld(kind: Configuration.Strategy.Kind, held: Int) throws {
    let session = try session(configuration { $0.strategy.kind = kind }, runs.url.appending(path: "run"), .fresh)
    try session.run(resuming: false)
    #expect(session.models.parts.count == Self.tasks && session.models.parts.held.count == held)
  }

  /// A part that is read is the part that was learned, of every kind of adapter, the first task's included, and anew
  /// each time.
  @Test(arguments: [AdapterDescription.Kind.parallel, .series, .side])
  func readPartsAreTheLearnedOnes(kind: AdapterDescription.Kind) throws {
    let url = runs.url.appending(path: "run")
    let session = try session(configuration { $0.strategy.adapter.kind = kind }, url, .fresh)
    try session.run(resuming: false)
    let store = CheckpointStore(root: url.appending(path: "checkpoints"))
    let checkpoint = try store.read(#require(store.completed().last))
    for task in 0..<Self.tasks {
      let part = try session.models.parts[task]
      #expect(try part.state() == checkpoint.files[TaskModels.partFile(task)])
      #expect(part.trainableParameters.isEmpty, "it is frozen")
      #expect(try session.models.parts[task] !== part)
      let logits = try ReferenceLogits.compute(
        session.models.network(for: task).deployed(), on: session.benchmarks[task])
      #expect(logits == session.promises.references[task])
    }
    #expect(try session.models.digests(reading: true) == session.models.digests(reading: false))
    #expect(session.models.parameterCounts.perTask.allSatisfy { $0 > 0 })
  }

  /// A file that is changed behind a run's back is named by whoever reads it, and at the end in the results.
  @Test func aChangedFileIsNotTakenForTheTask() throws {
    let url = runs.url.appending(path: "run")
    let session = try session(configuration(), url, .fresh)
    try session.run(resuming: false)
    let file = URL(filePath: try #require(session.models.parts.stored(1)).path)
    var bytes = try Data(contentsOf: file)
    bytes[bytes.count - 1] ^= 1
    try bytes.write(to: file)
    #expect {
      try session.models.network(for: 1)
    } throws: {
      guard case RunError.damaged(let path, let reason) = $0 else { return false }
      return path.hasSuffix("task-002.safetensors") && reason.contains("tensor ")
    }
    _ = try session.models.network(for: 0)
    try session.promises.compare(session.models.digests(reading: true), session.models, session.benchmarks)
    #expect(session.promises.firstDifference?.hasPrefix("task-002/") == true)
  }

  /// A run is gone on from, and evaluated again, with no settled part in memory but those whose own checkpoint is lost.
  @Test(arguments: [false, true]) func partsStayWhereTheyLie(lost: Bool) throws {
    let url = runs.url.appending(path: "run")
    _ = try Experiment.train(configuration(), in: url)
    let store = CheckpointStore(root: url.appending(path: "checkpoints"))
    let whole = try store.read(#require(store.completed().last))
    let files = (0..<Self.tasks).map(TaskModels.partFile)
    if lost { try FileManager.default.removeItem(at: store.completed()[0].url) }

    let session = try session(configuration(), url, .resume)
    let found = try #require(try store.newest(leavingParts: true)).checkpoint
    #expect(Array(found.stored.keys) == files && found.files.keys.allSatisfy { !files.contains($0) })
    try session.rebuild(found)
    #expect(session.models.parts.held.map(\.task) == (lost ? [0] : []))
    for (task, file) in files.enumerated() { #expect(try session.models.parts[task].state() == whole.files[file]) }

    // Compared all the same.
    let damaged = URL(filePath: try #require(found.stored[files[1]]))
    var bytes = try Data(contentsOf: damaged)
    bytes[bytes.count - 1] ^= 1
    try bytes.write(to: damaged)
    #expect {
      _ = try store.read(#require(store.completed().last), leavingParts: true)
    } throws: {
      "\($0)".contains("tensor task-002/") && "\($0)".contains("is not what the checkpoint recorded")
    }
  }

  /// A checkpoint holds what the run knows, though its own file leaves out what settled tasks have left.
  @Test func aCheckpointIsWhole() throws {
    let url = runs.url.appending(path: "run")
    let session = try session(configuration { $0.evaluation.certify = [] }, url, .fresh)
    try session.run(resuming: false)
    let store = CheckpointStore(root: url.appending(path: "checkpoints"))
    let newest = try #require(store.completed().last)
    let checkpoint = try store.read(newest)
    let state = checkpoint.state
    #expect(state.evaluation == session.record && state.issued == session.issued)
    #expect(state.recorded == session.promises.recorded)
    #expect(state.digests == Dictionary(uniqueKeysWithValues: TensorDigest.digests(checkpoint.files).map { ($0, $1) }))
    let own = try #require(
      JSONSerialization.jsonObject(with: Data(contentsOf: newest.url.appending(path: "state.json"))) as? [String: Any])
    let evaluation = try #require(own["evaluation"] as? [String: Any])
    #expect((evaluation["accuracy"] as? [Any])?.isEmpty == true && own["issued"] == nil)
    let recorded = try #require(own["recorded"] as? [String: String])
    #expect(!recorded.isEmpty && recorded.keys.allSatisfy { $0.hasPrefix("trunk/") })

    // The task's file is one and the same in all checkpoints since.
    let numbers = try store.completed().map {
      try FileManager.default.attributesOfItem(atPath: $0.url.appending(path: "task-001.json").path)[.systemFileNumber]
        as? Int
    }
    #expect(numbers.count == Self.tasks && Set(numbers).count == 1)
  }

  /// A checkpoint of the version before, which held everything in one file, is gone on from.
  @Test func anOlderCheckpointIsRead() throws {
    let url = runs.url.appending(path: "run")
    let expected = try Experiment.train(configuration(), in: url)
    let store = CheckpointStore(root: url.appending(path: "checkpoints"))
    for entry in store.completed() {
      var state = try store.read(entry).state
      state.schema = Checkpoint.olderSchema
      try JSONEncoder().encode(state).write(to: entry.url.appending(path: "state.json"))
      for name in state.settledNames {
        try FileManager.default.removeItem(at: entry.url.appending(path: name + ".json"))
      }
    }
    try FileManager.default.removeItem(at: #require(store.completed().last).url)
    let results = try Experiment.train(configuration(), in: url, options: RunOptions(resume: true))
    #expect(results.equalsIgnoringSeconds(expected))
  }

  @Test func aSettledTaskThatLiesIsRefused() throws {
    let url = runs.url.appending(path: "run")
    _ = try Experiment.train(configuration(), in: url)
    let newest = try #require(CheckpointStore(root: url.appending(path: "checkpoints")).completed().last)
    for text in ["{", #"{"recorded":{},"rows":[{"key":{"measure":"clean","readout":"taskAware"},"tallies":[]}]}"#] {
      let file = newest.url.appending(path: "task-001.json")
      try FileManager.default.removeItem(at: file)
      try Data(text.utf8).write(to: file)
      #expect { try CheckpointStore(root: url.appending(path: "checkpoints")).read(newest) } throws: {
        guard case RunError.damaged(let path, _) = $0 else { return false }
        return path.hasSuffix("task-001.json")
      }
    }
  }

  /// Rows that are measured are those of a run that measures them all; of the others there is the diagonal.
  @Test func oldTasksAreEvaluatedWhenAsked() throws {
    let attacked = { (it: inout Configuration) throws in
      it.evaluation.attacks = [.init(name: .fgsm, norm: .linf, epsilons: [try Rational("8/255")])]
      it.evaluation.agnosticImages = 2
    }
    let whole = try Experiment.train(configuration { try attacked(&$0) }, in: runs.url.appending(path: "whole"))
    let sparse = try configuration {
      try attacked(&$0)
      $0.evaluation.everyTasks = 3
    }
    let results = try Experiment.train(sparse, in: runs.url.appending(path: "sparse"))
    #expect(results.accuracy.map(\.key) == whole.accuracy.map(\.key))
    for (slice, full) in zip(results.accuracy, whole.accuracy) {
      for row in 0..<Self.tasks {
        for column in 0..<Self.tasks {
          let isMeasured = row >= 2 ? column <= row : column == row && slice.key.readout == .taskAware
          let tally = slice.tally(after: row, on: column)
          #expect(
            tally == (isMeasured ? full.tally(after: row, on: column) : nil), "\(slice.key.title) \(row) \(column)")
        }
      }
    }
    #expect(results.taskInference?.counts.map { $0 != nil } == [false, false, true, true])
    let (metrics, all) = try (
      #require(results.metrics(of: .clean(.taskAware))), #require(whole.metrics(of: .clean(.taskAware)))
    )
    #expect(metrics.backwardTransfer == all.backwardTransfer && metrics.learningAccuracy == all.learningAccuracy)
    #expect(metrics.forgetting == nil && all.forgetting != nil)
    #expect(results.nonForgetting == whole.nonForgetting && results.lipschitz == whole.lipschitz)
    #expect(try Experiment.verify(runs.url.appending(path: "sparse")).passed)
    try expectResumed(
      sparse, in: runs.url.appending(path: "resumed"),
      at: [("learn task 2", 1), ("evaluate task 2", 1), ("evaluate after task 3", 1)])
    let again = try Experiment.evaluate(runs.url.appending(path: "sparse"))
    #expect(again.equalsIgnoringSeconds(results))
  }

  /// Networks are kept up to so many bytes, and are the same whether kept or not.
  @Test func networksAreMadeWhenAskedFor() throws {
    let networks = try (0..<3).map { task in
      try DeployedNetwork(
        inputShape: [1, 1, 1], body: [Stage("flatten", .flatten)],
        headWeight: Tensor([Float(task), 0] as [Float], [2, 1]),
        headBias: Tensor([0, 1] as [Float], [2]))
    }
    for (room, made) in [(Int.max, [1, 1, 1]), (0, [2, 2, 2]), (5000, [1, 1, 2])] {
      var count = [0, 0, 0]
      let deployed = DeployedNetworks(count: 3, inputShape: [1, 1, 1], device: .cpu, keeping: room) {
        count[$0] += 1
        return networks[$0]
      }
      #expect(count == [0, 0, 0])
      for _ in 0..<2 {
        for task in 0..<3 { #expect(try deployed[task].headWeight.doubles() == [Double(task), 0]) }
      }
      #expect(count == made, "\(room) bytes")
    }
  }

  /// Where features tell the task, the networks of tasks that no image is taken for are not asked, and the answers are
  /// those of asking all.
  @Test func onlyInferredTasksAnswer() throws {
    struct Given: TaskScoring {
      let tasks: [Int]
      let readsLogits: Bool

      func scores(_ pixels: Tensor, _ logits: [Tensor]) throws -> Tensor {
        try Tensor(tasks.flatMap { task in (0..<3).map { $0 == task ? 1.0 : 0.0 } } as [Double], [tasks.count, 3])
      }
    }
    let random = RandomStream(seed: 4)
    let networks = try (0..<3).map { task in
      try DeployedNetwork(
        inputShape: [1, 1, 2], body: [Stage("flatten", .flatten)],
        headWeight: Tensor.normal([2, 2], random.stream(task)),
        headBias: Tensor.normal([2], random.stream("b").stream(task)))
    }
    var asked: Set<Int> = []
    let deployed = DeployedNetworks(count: 3, inputShape: [1, 1, 2], device: .cpu) {
      asked.insert($0)
      return networks[$0]
    }
    let readout = TaskAgnosticReadout(
      networks: deployed, classes: [[0, 1], [2, 3], [4, 5]], scoring: nil, tellsTasksApart: true)
    let pixels = try Tensor.uniform([6, 1, 1, 2], random.stream("pixels"))
    let tasks = [2, 0, 0, 2, 2, 0]
    let found = try readout.answers(pixels, Given(tasks: tasks, readsLogits: false))
    #expect(asked == [0, 2])
    let expected = try readout.answers(pixels, Given(tasks: tasks, readsLogits: true))
    #expect(asked == [0, 1, 2])
    #expect(found.map(\.task) == tasks && expected.map(\.task) == tasks)
    #expect(found.map(\.class) == expected.map(\.class) && found.allSatisfy { $0.class != nil })
  }

  /// Sums of scatters that are added up on the way are those of all at once.
  @Test func statisticsAddUp() throws {
    let random = RandomStream(seed: 5)
    let statistics = try (0..<7).map { task in
      let statistics = try FeatureStatistics(classes: 2, features: 3)
      let features = try Tensor.normal([20, 3], random.stream(task), dtype: .float64)
      try statistics.measure { try $0(features, (0..<20).map { $0 % 2 }) }
      return statistics
    }
    let whole = try PooledStatistics(statistics)
    // Room for two scatters of 3×3.
    var parts = PooledStatistics(keeping: 2 * 9 * 8)
    for task in statistics { try parts.add(task) }
    #expect(parts.means.count == 7 && parts.degreesOfFreedom == 7 * 18 && whole.degreesOfFreedom == 7 * 18)
    let exact = try statistics.reduce(Array(repeating: 0.0, count: 9)) { sum, task in
      zip(sum, try task.scatter.value.doubles()).map(+)
    }
    for pooled in [whole, parts] {
      for (a, b) in zip(try pooled.scatter.doubles(), exact) { #expect(abs(a - b) < 1e-10 * max(1, abs(b))) }
    }
  }
}
