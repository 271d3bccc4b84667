import RandomStreams
import ResidualNets

/// A frozen trunk and one adapter that every task goes on training; each task has a head of its own.
///
/// It costs one adapter however many tasks follow, and old tasks move with it. Under a budget c every correction keeps
/// ‖s·A‖ ≤ c, so that two states of a parallel correction are at most 2c apart, however long it is trained: what
/// ``Lipschitz/logitDrift(from:to:count:batchSize:pixels:)`` bounds at the end cannot grow without limit.
final class SharedAdapterStrategy: AdaptingStrategy {
  static let traits = StrategyTraits(scenarios: [.task], learnsOnline: false, adaptsTrunk: true)

  let adaptation: TrunkAdaptation

  init(_ adaptation: TrunkAdaptation) { self.adaptation = adaptation }

  func nextAdapter(_ models: TaskModels, _ stream: RandomStream) throws -> Adapter {
    try (models.parts.isEmpty ? nil : models.parts[0].adapter) ?? freshAdapter(models, stream)
  }

  func complete(_ lesson: Lesson, _ models: TaskModels, stream: RandomStream) throws {
    try models.settleTrunk()
    guard case .task(let index, _) = lesson else { return }
    if try models.parts[index].adapter == nil {
      // It corrects nothing yet: the trunk was trained on this very task.
      try models.replace(index, with: TaskPart(adapter: freshAdapter(models, stream), head: models.parts[index].head))
    }
    try models.parts[index].head.freeze()
  }
}
