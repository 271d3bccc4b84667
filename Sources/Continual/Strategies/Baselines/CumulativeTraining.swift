import ImageData
import RandomStreams
import Results

/// One network that goes on learning, in each lesson from the images of all tasks so far: joint training that does not
/// start again.
final class CumulativeTraining: WholeNetworkStrategy {
  static let traits = StrategyTraits(
    scenarios: Set(Scenario.allCases), learnsOnline: false, keepsImages: true)

  let lengths: LessonLengths
  let trainsEarlierHeads = true
  private let stream: TaskStream

  init(_ stream: TaskStream, _ lengths: LessonLengths) {
    self.stream = stream
    self.lengths = lengths
  }

  func begin(_ lesson: Lesson, _ models: TaskModels, stream random: RandomStream) throws -> Assignment {
    guard case .task(let index, _) = lesson else { return try wholeNetwork(lesson, models, stream: random) }
    return try wholeNetwork(
      lesson, models, stream: random, on: models.layout.images(of: 0..<index + 1, in: stream))
  }

  func memory(imageBytes: Int) -> MemoryRecord? { stream.wholeMemory(imageBytes: imageBytes) }
}
