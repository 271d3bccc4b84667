import RandomStreams
import ResidualNets

/// A frozen trunk, and for each task an adapter, norms and a head of its own.
///
/// Source: Rebuffi et al. 2017, 2018. Beside a side path the trunk runs once over the task's images. What a task uses is frozen when the task is learned and is never touched again, so
/// with the task given nothing can be forgotten; the price is parameters per task and what the trunk never learned.
struct AdapterStrategy: LearningStrategy {
  /// Otherwise the trunk comes trained, from a pre-training lesson or from weights.
  let trunkLearnsFirstTask: Bool
  let description: AdapterDescription
  let trunkEpochs: Int
  let epochs: Int

  func begin(_ lesson: Lesson, _ models: TaskModels, stream: RandomStream) throws -> Assignment {
    switch lesson {
    case .pretraining(let classCount):
      let head = try head(models, classCount, stream)
      try models.useCommonHead(head)
      return trunkAssignment(models, head: head)
    case .task(0, let classCount) where trunkLearnsFirstTask:
      let head = try head(models, classCount, stream)
      try models.append(TaskPart(adapter: nil, head: head))
      return trunkAssignment(models, head: head)
    case .task(let index, let classCount):
      // A trunk that came trained is settled before its first task.
      try models.trunk.freeze()
      let part = TaskPart(
        adapter: try adapter(models, stream), head: try head(models, classCount, stream))
      try models.append(part)
      let network = models.network(for: index)
      let learning: any Learning =
        description.kind == .side ? FeatureLearning(network: network) : PixelLearning(network: network)
      return Assignment(learning, training: [("task", part)], epochs: epochs)
    }
  }

  func complete(_ lesson: Lesson, _ models: TaskModels, stream: RandomStream) throws {
    try models.trunk.freeze()
    models.dropCommonHead()
    guard case .task(let index, _) = lesson else { return }
    if models.parts[index].adapter == nil, description.kind != .side {
      // The first task's adapter corrects nothing: the trunk was trained on this very task. It keeps the norms. A side path
      // has nothing to keep.
      try models.replace(
        index, with: TaskPart(adapter: adapter(models, stream), head: models.parts[index].head))
    }
    try models.parts[index].freeze()
  }

  private func trunkAssignment(_ models: TaskModels, head: Linear) -> Assignment {
    Assignment(
      TaskNetwork(trunk: models.trunk, adapter: nil, head: head), training: [("trunk", models.trunk), ("head", head)],
      epochs: trunkEpochs)
  }

  private func adapter(_ models: TaskModels, _ stream: RandomStream) throws -> Adapter {
    try Adapter(for: models.trunk, description, stream: stream.stream("adapter"))
  }

  private func head(_ models: TaskModels, _ classCount: Int, _ stream: RandomStream) throws -> Linear {
    try models.trunk.description.makeHead(
      features: models.trunk.featureCount, classCount: classCount, stream: stream.stream("head"))
  }
}
