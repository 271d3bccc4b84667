import RandomStreams
import ResidualNets

/// A frozen trunk, and for each task an adapter, norms and a head of its own.
///
/// Source: Rebuffi et al. 2017, 2018. Beside a side path the trunk runs once over the task's images. What a task uses
/// is frozen when the task is learned and is never touched again, so with the task given nothing can be forgotten; the
/// price is parameters per task and what the trunk never learned.
final class AdapterStrategy: AdaptingStrategy {
  static let traits = StrategyTraits(
    scenarios: [.task], learnsOnline: false, promisesNonForgetting: true, settlesParts: true, freezesTrunk: true,
    adaptsTrunk: true, inference: .featureMean)

  let adaptation: TrunkAdaptation

  init(_ adaptation: TrunkAdaptation) { self.adaptation = adaptation }

  func learnsApart(_ lesson: Lesson) -> Bool {
    lesson.isTask && !(lesson.isFirst && adaptation.trunkLearnsFirstTask)
  }

  func partLike(_ lesson: Lesson, _ models: TaskModels, stream: RandomStream) throws -> TaskPart {
    // A trunk that learned the first task needs no side path for it.
    let isBare = lesson.isFirst && adaptation.trunkLearnsFirstTask && adaptation.description.kind == .side
    return try models.makePart(
      lesson.classCount, adapter: isBare ? nil : freshAdapter(models, stream), stream: stream)
  }

  func complete(_ lesson: Lesson, _ models: TaskModels, stream: RandomStream) throws {
    try models.settleTrunk()
    guard case .task(let index, _) = lesson else { return }
    if try models.parts[index].adapter == nil, adaptation.description.kind != .side {
      // The first task's adapter corrects nothing: the trunk was trained on this very task. It keeps the norms. A side
      // path has nothing to keep.
      try models.replace(
        index, with: TaskPart(adapter: freshAdapter(models, stream), head: models.parts[index].head))
    }
    try models.parts[index].freeze()
  }
}
