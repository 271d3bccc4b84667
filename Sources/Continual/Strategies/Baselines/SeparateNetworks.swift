import ImageData
import RandomStreams
import ResidualNets

/// A network of its own for each task: nothing is shared, so nothing is forgotten and nothing is passed on. The
/// contrast that adapters have to beat at the same number of parameters; see ``SeparatePlan``.
final class SeparateNetworks: LearningStrategy {
  static let traits = StrategyTraits(
    scenarios: [.task], learnsOnline: false, promisesNonForgetting: true, separatesTasks: true)

  private let lengths: LessonLengths
  /// The training images of each task: what its network normalises by.
  private let images: [TaskImages]

  init(_ lengths: LessonLengths, images: [TaskImages]) {
    self.lengths = lengths
    self.images = images
  }

  func begin(_ lesson: Lesson, _ models: TaskModels, stream: RandomStream) throws -> Assignment {
    guard case .task(let index, let classCount) = lesson else {
      throw RunError.unusable(reason: "separate networks learn from their tasks alone")
    }
    // The first network is the run's own trunk.
    let trunk =
      index == 0
      ? nil
      : try models.trunk.description.makeTrunk(for: images[index], isFitted: true, stream: stream.stream("trunk"))
    try models.appendTask(classCount, trunk: trunk, stream: stream)
    let part = try models.parts[index]
    return Assignment(
      PixelLearning(
        trunk: trunk ?? models.trunk, adapter: nil,
        heads: .own([(part.head, models.layout.outputs[index].first ?? 0)])),
      training: (trunk == nil ? [("trunk", models.trunk)] : []) + [("task", part)], epochs: lengths.trunk)
  }

  func complete(_ lesson: Lesson, _ models: TaskModels, stream: RandomStream) throws {
    guard case .task(let index, _) = lesson else { return }
    if index == 0 { try models.trunk.freeze() }
    try models.parts[index].freeze()
  }
}
