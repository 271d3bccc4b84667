import Foundation
import ResidualNets
import Results
import Testing
import TorchCore

@testable import Continual

@TorchActor @Suite struct SharedAdapterTests: RunSuite {
  let folders: RunFolders

  init() throws {
    folders = try .withBars()
  }

  private func configuration(_ change: (inout Configuration) -> Void = { _ in }) throws -> Configuration {
    try .tiny(data.url) {
      $0.strategy.kind = .sharedAdapter
      $0.strategy.adapter.budget = 0.05
      $0.evaluation.attacks = []
      $0.evaluation.bracketsPerTask = 0
      $0.evaluation.galleryPerTask = 0
      change(&$0)
    }
  }

  /// The trunk and old heads stay, the adapter moves, and all tasks use the one adapter.
  @Test func onlyTheAdapterIsShared() throws {
    let folder = runs.url.appending(path: "run")
    let results = try Experiment.train(configuration(), in: folder)
    let store = CheckpointStore(root: folder.appending(path: "checkpoints"))
    let (first, last) = try (store.read(store.completed()[0]), store.read(store.completed()[1]))
    #expect(first.files["trunk"] == last.files["trunk"])
    let (before, after) = try (#require(first.files["task-001"]), #require(last.files["task-001"]))
    for (name, tensor) in before where name.hasPrefix("head") { #expect(after[name] == tensor, "\(name)") }
    #expect(before != after)
    let second = try #require(last.files["task-002"])
    for (name, tensor) in after where name.hasPrefix("adapter") { #expect(second[name] == tensor, "\(name)") }

    // Counted once: with the trunk.
    #expect(Set(results.parameters.perTask) == [16 * 2 + 2])
    let own = try Experiment.train(configuration { $0.strategy.kind = .adapters }, in: runs.url.appending(path: "own"))
    #expect(results.parameters.trunk + 34 == own.parameters.trunk + own.parameters.perTask[0])

    #expect(try Experiment.verify(folder).passed)
    #expect(results.nonForgetting == nil)
    let record = try #require(results.drift.first)
    #expect(record.violations == 0 && record.largestBound != nil)
    #expect(try #require(results.accuracy(of: .clean(.taskAware))?.accuracy[1, 1]) > 0.5)
  }

  /// Beside a small budget old answers can have moved little, and the certificate says so.
  @Test func aSmallBudgetProvesThatAnswersStand() throws {
    var shares: [Int] = []
    for budget in [1e-4, 1] {
      let results = try Experiment.train(
        configuration { $0.strategy.adapter.budget = budget }, in: runs.url.appending(path: "run-\(budget)"))
      let record = try #require(results.drift.first)
      let proven = try #require(record.proven)
      #expect(record.violations == 0 && record.standing.correct >= proven.correct)
      shares.append(proven.correct)
    }
    #expect(shares[0] > 8 && shares[0] > shares[1], "\(shares)")
  }

  @Test(arguments: AdapterDescription.Kind.allCases) func everyKindLearns(kind: AdapterDescription.Kind) throws {
    let results = try Experiment.train(
      configuration { $0.strategy.adapter = AdapterDescription(kind: kind) }, in: runs.url.appending(path: "run"))
    #expect(try #require(results.accuracy(of: .clean(.taskAware))?.accuracy[1, 1]) > 0.8)
    let record = try #require(results.drift.first)
    #expect(record.violations == 0 && record.largestMovement ?? 0 > 0)
  }

  /// A trunk that came trained: the first task makes the adapter, and learns with it.
  @Test func aTrainedTrunkIsAdaptedFromTheFirstTaskOn() throws {
    let results = try Experiment.train(
      configuration {
        $0.strategy.trunk = .folder
        $0.strategy.trunkPath = data.url.path
      }, in: runs.url.appending(path: "run"))
    #expect(results.drift.count == 1 && results.drift[0].violations == 0)
  }

  @Test(arguments: [("learn task 2", 1), ("evaluate after task 1", 1), ("bounds and audit", 1)])
  func interruptedEqualsUninterrupted(stage: String, reports: Int) throws {
    try expectResumed(configuration(), in: runs.url, at: [(stage, reports)])
  }

  /// What several tasks share cannot answer without being told the task.
  @Test func otherScenariosAreRefused() throws {
    #expect(throws: RunError.self) {
      try Experiment.train(configuration { $0.strategy.scenario = .classes }, in: runs.url.appending(path: "run"))
    }
  }
}
