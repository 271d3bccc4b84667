import ImageData
import RandomStreams

/// The one pass over an online stream: all tasks' images in one order, cut into as many stretches as there are tasks,
/// so that the tasks seen so far can be measured after each. A stretch ends with the batch by which as many images were
/// seen as the tasks so far have; where images do not stray, that is the batch of its task's last image.
struct OnlinePass {
  let images: JoinedImages
  private let batches: [[Int]]
  private let batchSize: Int
  /// For each stretch the number of the batch behind its last.
  private let ends: [Int]

  /// nil where the stream announces its tasks.
  /// - Parameter images: of all tasks.
  init?(_ stream: TaskStream, _ images: JoinedImages, batchSize: Int, random: RandomStream) throws {
    guard let order = try stream.onlineOrder(batchSize: batchSize, stream: random) else { return nil }
    self.images = images
    batches = order.batches.map { $0.map { images.place(of: $0.place, inPart: $0.task) } }
    self.batchSize = batchSize
    var seen = 0
    ends = stream.tasks.map { task in
      seen += task.train.count
      return (seen + batchSize - 1) / batchSize
    }
  }

  /// One stretch. The learning rate's schedule knows of the whole pass only.
  func stretch(_ index: Int) -> LessonMaterial {
    let start = index == 0 ? 0 : ends[index - 1]
    let own = batches[start..<ends[index]]
    // All batches but the very last are full, so they are cut again as they were.
    return LessonMaterial(
      images: images, order: BatchOrder(indices: own.flatMap(\.self), batchSize: batchSize, shuffle: nil),
      schedule: (start, batches.count))
  }
}
