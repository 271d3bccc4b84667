import ImageData
import Robustness
import TorchCore

/// The test images of one task, as every evaluation takes them: in a fixed order, in batches of fixed boundaries.
struct TaskBenchmark {
  let task: ImageTask
  let images: ImageSet
  let device: Device

  var count: Int { task.test.count }

  /// What the outputs of the task's head stand for.
  var classNames: [String] { task.classes.map { images.classes[$0] } }

  /// The outputs of the task's head that would be right.
  /// - Throws: `RunError.unusable` where an image is of no class of the task.
  var targets: [Int] { get throws { try task.targets(task.test.map { images.labels[$0] }) } }

  /// N×C×H×W in [0, 1], fp32, of the test images at these places.
  func pixels(_ places: Range<Int>) throws -> Tensor { try images.pixels(Array(task.test[places]), on: device) }

  /// The places of each batch.
  func batches(of size: Int) -> [Range<Int>] {
    stride(from: 0, to: count, by: size).map { $0..<min($0 + size, count) }
  }

  /// Some of the test images.
  struct Sample {
    /// Indices into the image set.
    let indices: [Int]
    let labels: [Int]
    /// N×C×H×W in [0, 1], fp32.
    let pixels: Tensor

    var count: Int { indices.count }
  }

  /// At most so many test images, spread evenly over all of them, which stand class by class.
  func sample(_ limit: Int) throws -> Sample {
    let size = min(limit, count)
    let places = (0..<size).map { $0 * count / size }
    let indices = places.map { task.test[$0] }
    return Sample(
      indices: indices, labels: try task.targets(indices.map { images.labels[$0] }),
      pixels: try images.pixels(indices, on: device))
  }
}
