import RandomStreams
import ResidualNets

/// A frozen trunk, and for each task an adapter, norms and a head of its own.
///
/// Source: Rebuffi et al. 2017, 2018. Beside a side path the trunk runs once over the task's images. What a task uses
/// is frozen when the task is learned and is never touched again, so with the task given nothing can be forgotten; the
/// price is parameters per task and what the trunk never learned.
final class AdapterStrategy: LearningStrategy {
  static let traits = StrategyTraits(
    scenarios: [.task], learnsOnline: false, promisesNonForgetting: true, freezesTrunk: true, inference: .featureMean)

  private let trunkLearnsFirstTask: Bool
  private let description: AdapterDescription
  private let lengths: LessonLengths

  /// - Parameter trunkLearnsFirstTask: otherwise the trunk comes trained, from a pre-training lesson or from weights.
  init(trunkLearnsFirstTask: Bool, description: AdapterDescription, lengths: LessonLengths) {
    self.trunkLearnsFirstTask = trunkLearnsFirstTask
    self.description = description
    self.lengths = lengths
  }

  func begin(_ lesson: Lesson, _ models: TaskModels, stream: RandomStream) throws -> Assignment {
    switch lesson {
    case .pretraining(let classCount):
      let head = try models.usePretrainingHead(classCount, stream)
      return try models.trunkAssignment(lesson, training: ("head", head), epochs: lengths.trunk)
    case .task(0, let classCount) where trunkLearnsFirstTask:
      try models.appendTask(classCount, stream: stream)
      return try models.trunkAssignment(lesson, training: ("head", models.parts[0].head), epochs: lengths.trunk)
    case .task(let index, let classCount):
      // A trunk that came trained is settled before its first task.
      try models.trunk.freeze()
      try models.appendTask(classCount, adapter: adapter(models, stream), stream: stream)
      let part = models.parts[index]
      return Assignment(
        models.learning(of: part, index, description), training: [("task", part)], epochs: lengths.later)
    }
  }

  func complete(_ lesson: Lesson, _ models: TaskModels, stream: RandomStream) throws {
    try models.trunk.freeze()
    models.dropPretrainingHead()
    guard case .task(let index, _) = lesson else { return }
    if models.parts[index].adapter == nil, description.kind != .side {
      // The first task's adapter corrects nothing: the trunk was trained on this very task. It keeps the norms. A side
      // path has nothing to keep.
      try models.replace(
        index, with: TaskPart(adapter: adapter(models, stream), head: models.parts[index].head))
    }
    try models.parts[index].freeze()
  }

  private func adapter(_ models: TaskModels, _ stream: RandomStream) throws -> Adapter {
    try Adapter(for: models.trunk, description, stream: stream.stream("adapter"))
  }
}

extension TaskModels {
  /// The trunk and a head, before the trunk is frozen.
  func trunkAssignment(
    _ lesson: Lesson, training head: (String, any Module), epochs: Int
  ) throws -> Assignment {
    Assignment(
      PixelLearning(trunk: trunk, adapter: nil, heads: try heads(for: lesson)), training: [("trunk", trunk), head],
      epochs: epochs)
  }

  /// How a task learns beside the frozen trunk: behind a side path from the trunk's features, computed once.
  func learning(of part: TaskPart, _ task: Int, _ adapter: AdapterDescription) -> any Learning {
    let heads = Heads.own([(part.head, layout.outputs[task].first ?? 0)])
    return adapter.kind == .side
      ? FeatureLearning(trunk: trunk, adapter: part.adapter, heads: heads)
      : PixelLearning(trunk: trunk, adapter: part.adapter, heads: heads)
  }
}
