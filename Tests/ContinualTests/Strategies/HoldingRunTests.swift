import Foundation
import ImageData
import ResidualNets
import Testing
import TorchCore

@testable import Continual

private let kinds: [Configuration.Strategy.Kind] = [.ewc, .si, .mas, .lwf]

/// Whole runs of the strategies that hold on to weights or answers.
@TorchActor @Suite struct HoldingRunTests: RunSuite {
  let folders: RunFolders

  init() throws {
    folders = try .withBars(train: 12, test: 4)
  }

  /// Stopped within a task, or after one, a run goes on to the same bytes; batch norm, momentum and mixup included.
  @Test(arguments: kinds)
  func resumesBitForBit(kind: Configuration.Strategy.Kind) throws {
    let configuration = try Configuration.tiny(data.url) {
      $0.strategy.kind = kind
      $0.strategy.scenario = kind == .ewc || kind == .lwf ? .task : .classes
      $0.strategy.regularization.samples = 6
      $0.training.trunkEpochs = 2
      $0.training.epochs = 2
      $0.training.augmentation.mixup = 0.2
      $0.evaluation.attacks = []
      $0.evaluation.certify = []
    }
    try expectResumed(
      configuration, in: runs.url, at: [("evaluate after task 1", 1), ("learn task 2", 1)])
  }

  @Test(arguments: kinds)
  func everyScenarioIsLearned(kind: Configuration.Strategy.Kind) throws {
    for scenario in [Configuration.Strategy.ScenarioChoice.task, .domain, .classes] {
      let folder = runs.url.appending(path: scenario.rawValue)
      let results = try Experiment.train(
        .bench(data.url, kind, scenario) {
          $0.strategy.regularization.samples = 4
          $0.evaluation.attacks = []
          $0.evaluation.certify = []
        }, in: folder)
      let clean = try #require(results.accuracy(of: .clean(.taskAware)))
      #expect(try #require(clean.accuracy[0, 0]) > 0.8, "\(scenario)")
      #expect(clean.accuracy[1, 0] != nil && clean.accuracy[1, 1] != nil)
      #expect(results.nonForgetting == nil, "nothing is promised")
      // Every row can be measured again from its checkpoint.
      guard scenario == .classes else { continue }
      #expect(try Experiment.evaluate(folder).accuracy(of: .clean(.taskAware)) == clean)
    }
  }

  /// Where a task ends has to be known to all of them.
  @Test(arguments: kinds)
  func anOnlineStreamIsRefused(kind: Configuration.Strategy.Kind) throws {
    let error = try #require(throws: RunError.self) {
      _ = try Experiment.train(
        .bench(data.url, kind) {
          $0.data.stream.online = .init(blur: 0.3)
          $0.training.trunkEpochs = 1
          $0.training.epochs = 1
        }, in: runs.url.appending(path: "run"))
    }
    #expect("\(error)".contains("where a task ends"))
  }

  /// A state of another strategy is not taken for one's own, and a lesson in progress needs its memory.
  @Test(arguments: kinds)
  func aForeignStateIsRefused(kind: Configuration.Strategy.Kind) throws {
    let bench = try Workbench(.bench(data.url, kind), in: runs.url.appending(path: "run"))
    let first = try bench.open(0)
    try bench.close(first)
    _ = try bench.open(1)
    let state = try bench.strategy.state()
    #expect(!state.isEmpty)
    try bench.strategy.load(state)
    #expect(try bench.strategy.state() == state)
    var foreign = state
    foreign["buffer.images"] = state.values.first
    #expect(throws: StateError.self) { try bench.strategy.load(foreign) }
    var poor = state
    poor.removeLast()
    #expect(throws: StateError.self) { try bench.strategy.load(poor) }
    #expect(try bench.strategy.state() == state, "and nothing of them is taken")
  }
}
