import ImageData
import RandomStreams

/// The one pass over an online stream: all tasks' images in one order, cut into as many stretches as there are tasks, so
/// that the tasks seen so far can be measured after each.
struct OnlinePass {
  let images: JoinedImages
  private let batches: [[Int]]
  private let batchSize: Int
  private let stretches: Int

  /// nil where the stream announces its tasks.
  /// - Parameter images: of all tasks.
  init?(_ stream: TaskStream, _ images: JoinedImages, batchSize: Int, random: RandomStream) throws {
    guard let order = try stream.onlineOrder(batchSize: batchSize, stream: random) else { return nil }
    self.images = images
    batches = order.batches.map { $0.map { images.place(of: $0.place, inPart: $0.task) } }
    self.batchSize = batchSize
    stretches = stream.tasks.count
  }

  /// One stretch. The learning rate's schedule knows of the whole pass only.
  func stretch(_ index: Int) -> LessonMaterial {
    let start = index * batches.count / stretches
    let own = batches[start..<(index + 1) * batches.count / stretches]
    // All batches but the very last are full, so they are cut again as they were.
    return LessonMaterial(
      images: images, order: BatchOrder(indices: own.flatMap(\.self), batchSize: batchSize, shuffle: nil),
      schedule: (start, batches.count))
  }
}
