import ImageData
import Robustness
import TorchCore

/// The test images of one task, as every evaluation takes them: in a fixed order, in batches of fixed boundaries.
struct TaskBenchmark {
  let task: ImageTask
  let device: Device

  var images: TaskImages { task.test }

  var count: Int { images.count }

  /// The outputs of the task's head that would be right.
  var targets: [Int] { images.targets }

  /// N×C×H×W in [0, 1], fp32, of the test images at these places.
  func pixels(_ places: Range<Int>) throws -> Tensor { try images.pixels(places, on: device) }

  /// Some of the test images.
  struct Sample {
    let places: [Int]
    /// Indices into the image set.
    let indices: [Int]
    let labels: [Int]
    /// N×C×H×W in [0, 1], fp32.
    let pixels: Tensor

    var count: Int { places.count }
  }

  /// At most so many test images, spread evenly over all of them, which stand class by class.
  func sample(_ limit: Int) throws -> Sample {
    let places = images.spread(limit)
    return Sample(
      places: places, indices: places.map { images.indices[$0] }, labels: places.map { images.targets[$0] },
      pixels: try images.pixels(places, on: device))
  }
}
