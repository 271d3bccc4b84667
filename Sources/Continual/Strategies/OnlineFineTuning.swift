import RandomStreams
import ResidualNets
import TorchCore

/// One trunk and one head for all classes, trained in a single pass over a stream that announces no boundaries.
///
/// The head knows every class from the start and is never told which task an image is of (class- or domain-incremental
/// learning, van de Ven and Tolias 2019). To be measured task by task, a task's own head is the rows of the common one that
/// belong to the task's classes, as they are after each stretch.
struct OnlineFineTuning: LearningStrategy {
  /// For each task the outputs of the common head that are its classes.
  let outputs: [[Int]]
  let pretrainingEpochs: Int

  let inference = InferenceRule.largestLogit

  func begin(_ lesson: Lesson, _ models: TaskModels, stream: RandomStream) throws -> Assignment {
    var epochs = 1
    switch lesson {
    case .pretraining(let classCount):
      try models.useCommonHead(head(models, classCount, stream))
      epochs = pretrainingEpochs
    case .task(let index, let classCount):
      if index == 0 {
        let classes = (outputs.joined().max() ?? 0) + 1
        try models.useCommonHead(head(models, classes, stream.stream("common")))
      }
      try models.append(TaskPart(adapter: nil, head: head(models, classCount, stream)))
    }
    guard let head = models.commonHead else { throw RunError.unusable(reason: "the common head is lost") }
    return Assignment(
      TaskNetwork(trunk: models.trunk, adapter: nil, head: head), training: [("trunk", models.trunk), ("head", head)],
      epochs: epochs)
  }

  func complete(_ lesson: Lesson, _ models: TaskModels, stream: RandomStream) throws {
    guard case .task = lesson else { return models.dropCommonHead() }
    guard let common = models.commonHead else { return }
    try withoutGradients {
      let weight = try common.effectiveWeight(.evaluation)
      for (part, rows) in zip(models.parts, outputs) {
        let rows = try Tensor(indices: rows).to(weight.device)
        try part.head.weight.value.assign(weight.selecting(0, rows))
        try part.head.bias.value.assign(common.bias.value.selecting(0, rows))
      }
    }
  }

  private func head(_ models: TaskModels, _ classCount: Int, _ stream: RandomStream) throws -> Linear {
    try models.trunk.description.makeHead(
      features: models.trunk.featureCount, classCount: classCount, stream: stream.stream("head"))
  }
}
