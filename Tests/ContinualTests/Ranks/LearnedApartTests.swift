import Foundation
import ResidualNets
import TensorFiles
import Testing
import TorchCore

@testable import Continual

/// Lessons that are learned before their turn: what several ranks do with adapters beside a frozen trunk.
@TorchActor @Suite struct LearnedApartTests: RunSuite {
  let folders: RunFolders

  init() throws {
    folders = try .withBars(classes: 6, train: 12, test: 2)
  }

  private func configuration(_ change: (inout Configuration) -> Void = { _ in }) throws -> Configuration {
    try .bare(data.url) {
      $0.training.trunkEpochs = 2
      $0.training.epochs = 2
      change(&$0)
    }
  }

  private func session(_ configuration: Configuration, _ folder: RunFolder) throws -> Session {
    try Session(
      configuration, folder, RunMaterial(configuration, observer: SilentObserver()), observer: SilentObserver(),
      interruption: Interruption())
  }

  /// Each lesson stands on predecessors that were made and never learned, and gives the tensors and events of its turn.
  @Test(arguments: [AdapterDescription.Kind.parallel, .side])
  func apartIsAsInTurn(kind: AdapterDescription.Kind) throws {
    let configuration = try configuration { $0.strategy.adapter.kind = kind }
    let whole = runs.url.appending(path: "whole")
    _ = try Experiment.train(configuration, in: whole)
    let store = CheckpointStore(root: whole.appending(path: "checkpoints"))
    let entries = store.completed()
    let final = try store.read(#require(entries.last))

    let first = try session(configuration, RunFolder(ofRank0: runs.url))
    try first.rebuild(store.read(entries[0]))
    let networks = SharedNetworks(lessons: 1, files: try first.models.files())
    let apart = try [1, 2].map { lesson in
      let apprentice = try session(configuration, RunFolder(ofRank0: runs.url))
      try apprentice.adopt(networks)
      // The other one is known: this one's predecessors are as they were made.
      var learned: [Int: LearnedLesson] = [:]
      try apprentice.learnApart(from: 1, isKnown: { $0 != lesson }, arrived: { learned[$0] = $1 })
      #expect(learned.count == 1)
      return try #require(learned[lesson])
    }
    let metrics = try String(contentsOf: whole.appending(path: "metrics.jsonl"), encoding: .utf8)
    for (learned, task) in zip(apart, [1, 2]) {
      let inTurn = try #require(final.files[TaskModels.partFile(task)])
      #expect(!learned.tensors.isEmpty && learned.tensors.allSatisfy { inTurn[$0.key] == $0.value }, "task \(task + 1)")
      #expect(learned.events.count == 2 && learned.events.allSatisfy { metrics.contains($0 + "\n") })
      #expect(learned.progress.step == 6)
    }
  }

  /// A run that finds a lesson learned takes it, and nothing of another run's.
  @Test func whatIsLearnedWaitsForItsTurn() throws {
    let configuration = try configuration()
    let folder = runs.url.appending(path: "run")
    let whole = try Experiment.train(configuration, in: runs.url.appending(path: "whole"))
    let interruption = Interruption()
    #expect(throws: RunError.self) {
      try Experiment.train(
        configuration, in: folder,
        options: RunOptions(
          observer: InterruptingObserver("evaluate after task 1", after: 1, interruption), interruption: interruption))
    }
    let stopped = try session(configuration, RunFolder(ofRank0: folder))
    _ = try stopped.restore()
    stopped.ahead = nil
    try stopped.learnAhead(from: 1)
    let store = try #require(stopped.ahead)
    let apprentice = try session(configuration, RunFolder(ofRank0: folder))
    try apprentice.adopt(SharedNetworks(lessons: 1, files: stopped.models.files()))
    var learned: [Int: LearnedLesson] = [:]
    try apprentice.learnApart(from: 1, arrived: { learned[$0] = $1 })
    #expect(learned.keys.sorted() == [1, 2])
    for (lesson, learned) in learned { try store.write(learned, lesson) }
    #expect(LearnedLessonStore(root: store.root, identity: "another").read(1) == nil)
    #expect(try #require(store.read(1)).tensors == learned[1]?.tensors)

    // A damaged one is learned again.
    let damaged = store.root.appending(path: "ahead-003.json")
    try Data(Data(contentsOf: damaged).dropLast(40)).write(to: damaged)
    #expect(store.read(2) == nil)
    var resumed = try Experiment.train(configuration, in: folder, options: RunOptions(resume: true))
    resumed.seconds = whole.seconds
    #expect(resumed == whole)
    #expect(store.read(1) == nil)
    let left = try FileManager.default.contentsOfDirectory(atPath: store.root.path).filter { $0.hasPrefix("ahead") }
    #expect(left.isEmpty)
  }

  /// All of a lesson decides what a run goes on with: one other number, or an event that would be two lines, and it is
  /// learned again.
  @Test func whatIsLearnedIsTakenWholeOrNotAtAll() throws {
    let store = LearnedLessonStore(root: runs.url, identity: "this run")
    let url = store.root.appending(path: "ahead-002.json")
    func lesson(events: [String]) throws -> LearnedLesson {
      LearnedLesson(
        tensors: ["up": try HostTensor([1.5, -2] as [Float], shape: [2])],
        progress: LessonProgress(step: 37, epochLoss: 0.125, bestRobustness: 0.375), events: events, seconds: 2.75)
    }
    let learned = try lesson(events: [#"{"epoch":43}"#])
    try store.write(learned, 1)
    let read = try #require(store.read(1))
    #expect(read.tensors == learned.tensors && read.progress == learned.progress)
    #expect(read.events == learned.events && read.seconds == learned.seconds)
    let content = try String(contentsOf: url, encoding: .utf8)
    for (old, new) in [
      (#""step":37"#, #""step":38"#), (#""epochLoss":0.125"#, #""epochLoss":0.25"#),
      (#""bestRobustness":0.375"#, #""bestRobustness":0.5"#), (#"epoch\":43"#, #"epoch\":44"#),
      (#""seconds":2.75"#, #""seconds":1.75"#),
    ] {
      #expect(content.components(separatedBy: old).count == 2, "\(old) stands once")
      try Data(content.replacing(old, with: new).utf8).write(to: url)
      #expect(store.read(1) == nil, "\(new)")
    }
    try Data(content.utf8).write(to: url)
    #expect(store.read(1) != nil)
    try store.write(lesson(events: ["{}\n{}"]), 1)
    #expect(store.read(1) == nil)
  }

  /// Whoever shares an adapter between tasks, or trains the trunk, has to go in turn.
  @Test(arguments: [
    (Configuration.Strategy.Kind.adapters, [false, true, true]), (.sharedAdapter, [false, false, false]),
    (.fineTuning, [false, false, false]),
  ])
  func onlyWhatStandsOnAFrozenTrunkIsApart(kind: Configuration.Strategy.Kind, expected: [Bool]) throws {
    let session = try session(configuration { $0.strategy.kind = kind }, RunFolder(ofRank0: runs.url))
    #expect(session.lessons.map(session.strategy.learnsApart) == expected)
  }
}
