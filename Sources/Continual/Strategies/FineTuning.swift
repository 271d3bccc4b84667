import RandomStreams
import ResidualNets

/// One trunk trained on every task in turn, with a head for each: nothing protects what was learned before.
struct FineTuning: LearningStrategy {
  let firstEpochs: Int
  let epochs: Int

  func begin(_ lesson: Lesson, _ models: TaskModels, stream: RandomStream) throws -> Assignment {
    switch lesson {
    case .pretraining(let classCount):
      let head = try head(models, classCount, stream)
      try models.useCommonHead(head)
      return Assignment(
        TaskNetwork(trunk: models.trunk, adapter: nil, head: head),
        training: [("trunk", models.trunk), ("head", head)], epochs: firstEpochs)
    case .task(let index, let classCount):
      let part = TaskPart(adapter: nil, head: try head(models, classCount, stream))
      try models.append(part)
      return Assignment(
        models.network(for: index), training: [("trunk", models.trunk), ("task", part)],
        epochs: index == 0 ? firstEpochs : epochs)
    }
  }

  func complete(_ lesson: Lesson, _ models: TaskModels, stream: RandomStream) throws {
    models.dropCommonHead()
    guard case .task(let index, _) = lesson else { return }
    try models.parts[index].freeze()
  }

  private func head(_ models: TaskModels, _ classCount: Int, _ stream: RandomStream) throws -> Linear {
    try models.trunk.description.makeHead(
      features: models.trunk.featureCount, classCount: classCount, stream: stream.stream("head"))
  }
}
