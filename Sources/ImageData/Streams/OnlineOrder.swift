import RandomStreams

/// One pass over the training images of all tasks, in batches, in which nobody says where a task ends.
///
/// Task k lasts from time k to k + 1, whatever its number of images. Each image has a place in time
///
///     k + u + blur · (v − w),    u, v, w uniform in [0, 1),
///
/// and images come in order of time. With blur 0 tasks follow one another, each in random order. Else images stray
/// across boundaries, near ones more than far ones: of an inner task, blur / 3 of the images are expected in the time
/// of its two neighbours, and none is expected beyond them. Smooth schedules of this kind stand for data without
/// boundaries in Shanahan, Kaplanis and Mitrović, "Encoders and ensembles for task-free continual learning", 2021,
/// where tasks rise and fall as Gaussians; a triangle needs no logarithm, so the order is the same on every machine.
public struct OnlineOrder: Sendable, Hashable, CustomStringConvertible {
  /// One training image.
  public struct Element: Sendable, Hashable {
    public let task: Int
    /// Among the training images of its task.
    public let place: Int
  }

  /// Every image exactly once. All batches but the last are full.
  public let batches: [[Element]]
  /// In task lengths.
  public let blur: Double

  /// - Parameters:
  ///   - taskSizes: training images of each task.
  ///   - batchSize: images in a batch, at least 1.
  ///   - blur: 0 for hard boundaries, up to 1.
  ///   - stream: draws the order; an image's time depends on its task and place only.
  /// - Throws: `DataError` with the path "stream" if a parameter is out of range.
  public init(taskSizes: [Int], batchSize: Int, blur: Double, stream: RandomStream) throws {
    guard batchSize >= 1 else { throw StreamDescription.error("online batches of \(batchSize) images") }
    guard (0...1).contains(blur) else { throw StreamDescription.badBlur(blur) }
    if let size = taskSizes.first(where: { $0 < 0 }) { throw StreamDescription.error("a task of \(size) images") }
    var timed: [(time: Double, element: Element)] = []
    timed.reserveCapacity(taskSizes.reduce(0, +))
    for (task, size) in taskSizes.enumerated() {
      let draws = stream.stream(task)
      for place in 0..<size {
        let counter = 3 * UInt64(place)
        let strayed = draws.uniform(at: counter + 1) - draws.uniform(at: counter + 2)
        let time = Double(task) + (draws.uniform(at: counter) + blur * strayed)
        timed.append((time, Element(task: task, place: place)))
      }
    }
    timed.sort { a, b in
      // Equal times are all but impossible, and must not depend on how the library sorts.
      (a.time, a.element.task, a.element.place) < (b.time, b.element.task, b.element.place)
    }
    self.blur = blur
    batches = stride(from: 0, to: timed.count, by: batchSize).map { start in
      timed[start..<min(start + batchSize, timed.count)].map(\.element)
    }
  }

  public var description: String {
    "one pass of \(batches.count) \(batches.count == 1 ? "batch" : "batches"), boundaries not announced, "
      + (blur == 0 ? "tasks one after another" : "images stray by up to \(blur) task lengths")
  }
}

extension TaskStream {
  /// The pass that the stream's description asks for, or nil where it asks for none.
  ///
  /// - Throws: `DataError` if the batch size is below 1.
  public func onlineOrder(batchSize: Int, stream: RandomStream) throws -> OnlineOrder? {
    try online.map {
      try OnlineOrder(taskSizes: tasks.map(\.train.count), batchSize: batchSize, blur: $0.blur, stream: stream)
    }
  }
}
