import RandomStreams
import ResidualNets

/// How tasks are learned beside a frozen trunk.
struct TrunkAdaptation {
  /// Otherwise the trunk comes trained, from a pre-training lesson or from weights.
  let trunkLearnsFirstTask: Bool
  let description: AdapterDescription
  let lengths: LessonLengths
}

/// A strategy that freezes the trunk once it has learned, and learns each task by an adapter beside it and a head.
protocol AdaptingStrategy: LearningStrategy {
  var adaptation: TrunkAdaptation { get }
  /// What the next task learns with: an adapter of its own, unless the strategy says otherwise.
  func nextAdapter(_ models: TaskModels, _ stream: RandomStream) throws -> Adapter
}

extension AdaptingStrategy {
  func nextAdapter(_ models: TaskModels, _ stream: RandomStream) throws -> Adapter {
    try freshAdapter(models, stream)
  }

  func freshAdapter(_ models: TaskModels, _ stream: RandomStream) throws -> Adapter {
    try Adapter(for: models.trunk, adaptation.description, stream: stream.stream("adapter"))
  }

  func begin(_ lesson: Lesson, _ models: TaskModels, stream: RandomStream) throws -> Assignment {
    let lengths = adaptation.lengths
    switch lesson {
    case .pretraining(let classCount):
      let head = try models.usePretrainingHead(classCount, stream)
      return try models.trunkAssignment(lesson, training: ("head", head), epochs: lengths.trunk)
    case .task(0, let classCount) where adaptation.trunkLearnsFirstTask:
      try models.appendTask(classCount, stream: stream)
      return try models.trunkAssignment(lesson, training: ("head", try models.parts[0].head), epochs: lengths.trunk)
    case .task(let index, let classCount):
      // A trunk that came trained is settled before its first task.
      try models.trunk.freeze()
      try models.appendTask(classCount, adapter: nextAdapter(models, stream), stream: stream)
      let part = try models.parts[index]
      return Assignment(
        models.learning(of: part, index, adaptation.description), training: [("task", part)], epochs: lengths.later)
    }
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
