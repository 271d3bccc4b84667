import ImageData
import RandomStreams
import ResidualNets

/// A strategy that trains the whole trunk in every lesson, with the head of the task or the common one.
protocol WholeNetworkStrategy: LearningStrategy {
  var lengths: LessonLengths { get }
  /// Whether heads of earlier tasks go on learning.
  var trainsEarlierHeads: Bool { get }
}

extension WholeNetworkStrategy {
  var trainsEarlierHeads: Bool { false }

  func begin(_ lesson: Lesson, _ models: TaskModels, stream: RandomStream) throws -> Assignment {
    try wholeNetwork(lesson, models, stream: stream)
  }

  func complete(_ lesson: Lesson, _ models: TaskModels, stream: RandomStream) throws {
    try completeWholeNetwork(lesson, models)
  }

  /// Trunk and heads, to be trained on the lesson.
  /// - Parameters:
  ///   - epochs: nil for as many as the configuration says of such a lesson.
  ///   - images: nil for the lesson's own.
  func wholeNetwork(
    _ lesson: Lesson, _ models: TaskModels, stream: RandomStream, epochs: Int? = nil,
    on images: (any LabelledImages)? = nil
  ) throws -> Assignment {
    let heads: [(String, any Module)]
    switch lesson {
    case .pretraining(let classCount): heads = [("head", try models.usePretrainingHead(classCount, stream))]
    case .task(let index, let classCount):
      try models.appendTask(classCount, stream: stream)
      heads =
        try models.commonHead.map { [("head", $0)] }
        ?? (trainsEarlierHeads ? 0..<index : 0..<0).map { (TaskModels.partFile($0), try models.parts[$0]) }
        + [("task", models.parts[index])]
    }
    return Assignment(
      PixelLearning(trunk: models.trunk, adapter: nil, heads: try models.heads(for: lesson)),
      training: [("trunk", models.trunk)] + heads,
      epochs: epochs ?? (lesson.isFirst ? lengths.trunk : lengths.later), on: images)
  }

  func completeWholeNetwork(_ lesson: Lesson, _ models: TaskModels) throws {
    guard case .task(let index, _) = lesson else { return models.dropPretrainingHead() }
    if !trainsEarlierHeads { try models.parts[index].freeze() }
  }
}
