import ImageData
import TorchCore

/// The test images of one task, as every evaluation takes them: in a fixed order, in batches of fixed boundaries.
struct TaskBenchmark {
  let task: ImageTask
  let images: ImageSet
  let device: Device

  var count: Int { task.test.count }

  /// The outputs of the task's head that would be right.
  var targets: [Int] { task.targets(task.test.map { images.labels[$0] }) }

  func pixels(_ places: Range<Int>) throws -> Tensor { try images.pixels(Array(task.test[places]), on: device) }

  /// The places of each batch.
  func batches(of size: Int) -> [Range<Int>] {
    stride(from: 0, to: count, by: size).map { $0..<min($0 + size, count) }
  }
}
