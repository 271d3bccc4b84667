import RandomStreams
import ResidualNets

/// A frozen trunk and one adapter that every task goes on training; each task has a head of its own.
///
/// It costs one adapter however many tasks follow, and old tasks move with it. Under a budget c every correction keeps
/// ‖s·A‖ ≤ c, so that two states of a parallel correction are at most 2c apart, however long it is trained: what
/// ``Lipschitz/logitDrift(from:to:count:batchSize:pixels:)`` bounds at the end cannot grow without limit.
final class SharedAdapterStrategy: LearningStrategy {
  static let traits = StrategyTraits(scenarios: [.task], learnsOnline: false)

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
      try models.trunk.freeze()
      try models.appendTask(
        classCount, adapter: models.parts.first?.adapter ?? adapter(models, stream), stream: stream)
      let part = models.parts[index]
      return Assignment(
        models.learning(of: part, index, description), training: [("task", part)], epochs: lengths.later)
    }
  }

  func complete(_ lesson: Lesson, _ models: TaskModels, stream: RandomStream) throws {
    try models.trunk.freeze()
    models.dropPretrainingHead()
    guard case .task(let index, _) = lesson else { return }
    if models.parts[index].adapter == nil {
      // It corrects nothing yet: the trunk was trained on this very task.
      try models.replace(index, with: TaskPart(adapter: adapter(models, stream), head: models.parts[index].head))
    }
    try models.parts[index].head.freeze()
  }

  private func adapter(_ models: TaskModels, _ stream: RandomStream) throws -> Adapter {
    try Adapter(for: models.trunk, description, stream: stream.stream("adapter"))
  }
}
