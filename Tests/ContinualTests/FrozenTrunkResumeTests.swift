import Foundation
import Results
import Testing
import TorchCore

@testable import Continual

/// What stands on a frozen trunk, and networks that share none, stopped and resumed.
@TorchActor @Suite struct FrozenTrunkResumeTests: RunSuite {
  let folders: RunFolders

  init() throws {
    folders = try .withBars(train: 12, test: 2)
  }

  private func configuration(
    _ kind: Configuration.Strategy.Kind, _ change: (inout Configuration) -> Void = { _ in }
  ) throws -> Configuration {
    try .bare(data.url) {
      $0.strategy.kind = kind
      $0.strategy.projection.features = 64
      $0.training.trunkEpochs = 2
      $0.training.epochs = 2
      change(&$0)
    }
  }

  @Test(arguments: [
    (Configuration.Strategy.Kind.nearestClassMean, "learn task 1", 1), (.randomProjection, "learn task 1", 1),
    (.randomProjection, "evaluate after task 1", 1), (.nearestClassMean, "evaluate after task 2", 1),
    (.separate, "learn task 2", 1), (.adapters, "evaluate after task 2", 1),
  ])
  func resumesBitForBit(kind: Configuration.Strategy.Kind, stage: String, reports: Int) throws {
    let configuration = try configuration(kind) {
      $0.strategy.scenario = kind == .nearestClassMean ? .classes : .automatic
      $0.strategy.inference = kind == .adapters ? .gate : .automatic
    }
    try expectResumed(configuration, in: runs.url, at: [(stage, reports)])
  }

  @Test(arguments: ["learn pre-training", "evaluate after task 1"]) func aTrunkThatTurnsImagesResumes(
    stage: String
  ) throws {
    try expectResumed(
      configuration(.nearestClassMean) { $0.strategy.trunk = .rotation }, in: runs.url, at: [(stage, 1)])
    let store = CheckpointStore(root: runs.url.appending(path: "whole/checkpoints"))
    // 24 images four times in batches of 8, two epochs; then the tasks.
    #expect(try store.completed().map { try store.read($0).state.progress.step } == [24, 0, 0])
  }
}
