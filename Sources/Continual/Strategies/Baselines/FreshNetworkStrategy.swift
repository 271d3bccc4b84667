import ImageData
import OrderedCollections
import RandomStreams
import ResidualNets
import TensorFiles

/// A strategy that learns each task with a network that has learned none: all that it knows comes from the images of
/// the lesson, which are of all tasks so far.
///
/// Each lesson trains for as long as the first one, from the same initial parameters. After a pre-training lesson,
/// these are the pre-trained trunk's.
protocol FreshNetworkStrategy: WholeNetworkStrategy {
  /// What a lesson is learned from.
  func images(for task: Int, _ layout: OutputLayout) -> any LabelledImages

  var start: StartingPoint { get set }
}

extension FreshNetworkStrategy {
  var trainsEarlierHeads: Bool { true }

  func begin(_ lesson: Lesson, _ models: TaskModels, stream: RandomStream) throws -> Assignment {
    guard case .task(let index, _) = lesson else { return try wholeNetwork(lesson, models, stream: stream) }
    return try wholeNetwork(
      lesson, models, stream: stream, epochs: lengths.trunk, on: images(for: index, models.layout))
  }

  func prepare(_ scene: LessonScene) throws {
    if scene.lesson.isTask { try start.restore(scene.models) }
  }

  func state() throws -> OrderedDictionary<String, HostTensor> { start.state }

  func load(_ state: OrderedDictionary<String, HostTensor>) throws { start = try StartingPoint(state) }
}
