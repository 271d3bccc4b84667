import Foundation
import Testing
import TorchCore

@testable import Continual

/// `training.steps` counts steps, wherever an epoch ends.
@TorchActor @Suite struct LessonLengthTests: RunSuite {
  let folders: RunFolders

  init() throws {
    folders = try .withBars()
  }

  /// 48 images a task in batches of 8 are 6 steps an epoch: 4 steps end within one, 6 with it, 10 within the second.
  @Test(arguments: [(4, 1), (6, 1), (10, 2)])
  func everyLessonTakesSoManySteps(steps: Int, epochs: Int) throws {
    let configuration = try Configuration.tiny(data.url) {
      $0.training.steps = steps
      $0.strategy.kind = .fineTuning
      $0.evaluation = Configuration.Evaluation()
    }
    let folder = runs.url.appending(path: "run")
    _ = try Experiment.train(configuration, in: folder)
    let store = CheckpointStore(root: folder.appending(path: "checkpoints"))
    #expect(try store.completed().map { try store.read($0).state.progress.step } == [steps, steps])
    let lines = try String(contentsOf: folder.appending(path: "metrics.jsonl"), encoding: .utf8).split(separator: "\n")
    #expect(lines.count { $0.contains("\"epoch\"") } == 2 * epochs, "an event each, the last one cut short")
  }
}
