import ImageData
import RandomStreams
import Results

/// GDumb: a memory with as many images of each class as fit, and after each task a fresh network that learns from the
/// memory alone.
///
/// Source: Prabhu, Torr and Dokania, "GDumb: a simple approach that questions our progress in continual learning",
/// 2020; there with cutmix and a schedule of warm restarts, here with the training of the configuration. The memory is
/// a function of the stream and the seed, so a checkpoint need not hold it.
final class GDumb: FreshNetworkStrategy {
  static let traits = StrategyTraits(
    scenarios: Set(Scenario.allCases), learnsOnline: false, keepsImages: true)

  let lengths: LessonLengths
  private let stream: TaskStream
  private let layout: OutputLayout
  private let size: Int
  private let random: RandomStream
  var start = StartingPoint()

  /// - Parameter random: draws the order in which images are offered to the memory, and which make room.
  /// - Throws: `RunError.unusable` where there is not room for an image of each class.
  init(
    _ stream: TaskStream, _ layout: OutputLayout, _ settings: Configuration.Memory, _ lengths: LessonLengths,
    random: RandomStream
  ) throws {
    let classes = layout.scenario == .domain ? layout.outputs.joined().count : layout.count
    guard settings.size >= classes else {
      throw RunError.unusable(
        reason:
          "gdumb learns from its memory alone, and strategy.memory.size \(settings.size) has not room for an image "
          + "of each of \(classes) classes")
    }
    self.stream = stream
    self.layout = layout
    size = settings.size
    self.random = random
    self.lengths = lengths
  }

  func images(for task: Int, _ layout: OutputLayout) -> any LabelledImages {
    SelectedImages(layout.images(of: 0..<stream.tasks.count, in: stream), places: memory(after: task).places)
  }

  /// The memory once a task and those before it were seen, each in random order.
  func memory(after task: Int) -> BalancedBuffer {
    let images = layout.images(of: 0..<task + 1, in: stream)
    var memory = BalancedBuffer(size: size)
    for part in 0...task {
      for own in random.stream("order").stream(part).permutation(stream.tasks[part].train.count) {
        let place = images.place(of: own, inPart: part)
        memory.offer(place, of: label(images.target(place), part), random.stream("room"))
      }
    }
    return memory
  }

  /// What the memory is balanced over. Where tasks share their outputs, it is balanced over tasks too: else the first
  /// task would fill it for good.
  private func label(_ output: Int, _ task: Int) -> Int {
    layout.scenario == .domain ? task * layout.count + output : output
  }

  func memory(imageBytes: Int) -> MemoryRecord? {
    let count = memory(after: stream.tasks.count - 1).count
    return MemoryRecord(images: count, bytes: count * imageBytes)
  }
}
