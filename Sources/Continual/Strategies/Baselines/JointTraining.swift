import ImageData
import Results

/// A fresh network learns the images of all tasks so far, together: what continual learning is measured against.
///
/// Its accuracy on task k after tasks 1…k is a*_k of intransigence (Chaudhry et al. 2018). It keeps every image, and
/// its cost grows with the square of the number of tasks.
final class JointTraining: FreshNetworkStrategy {
  static let traits = StrategyTraits(
    scenarios: Set(Scenario.allCases), learnsOnline: false, keepsImages: true)

  let lengths: LessonLengths
  private let stream: TaskStream
  var start = StartingPoint()

  init(_ stream: TaskStream, _ lengths: LessonLengths) {
    self.stream = stream
    self.lengths = lengths
  }

  func images(for task: Int, _ layout: OutputLayout) -> any LabelledImages {
    layout.images(of: 0..<task + 1, in: stream)
  }

  func memory(imageBytes: Int) -> MemoryRecord? { stream.wholeMemory(imageBytes: imageBytes) }
}

extension TaskStream {
  /// What a strategy keeps that keeps every image.
  func wholeMemory(imageBytes: Int) -> MemoryRecord {
    let count = tasks.reduce(0) { $0 + $1.train.count }
    return MemoryRecord(images: count, bytes: count * imageBytes)
  }
}
