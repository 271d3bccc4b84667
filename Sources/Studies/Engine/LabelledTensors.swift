import Results
import TorchCore

/// Samples with their classes.
struct LabelledTensors {
  /// N×C×H×W float32 in [0, 1], lying in memory as N×H×W×C; of studies without images N×anything.
  let pixels: Tensor
  let labels: [Int]
  /// The labels as an int64 vector.
  let targets: Tensor

  var count: Int { labels.count }

  /// - Throws: ``StudyError`` where there is not one label per sample.
  init(pixels: Tensor, labels: [Int]) throws {
    guard pixels.shape.first == labels.count else {
      throw StudyError.unusable("\(labels.count) labels for samples of shape \(pixels.shape)")
    }
    self.pixels = pixels
    self.labels = labels
    targets = try Tensor(indices: labels)
  }

  /// Some samples, in the order asked; a sample may come twice.
  func selecting(_ places: [Int]) throws -> LabelledTensors {
    let chosen = try pixels.selecting(0, Tensor(indices: places))
    return try LabelledTensors(
      pixels: chosen.rank == 4 ? chosen.channelsLast() : chosen, labels: places.map { labels[$0] })
  }

  /// The first samples; images of a study come class by class in turn, so that these hold all classes alike.
  func prefix(_ count: Int) throws -> LabelledTensors { try selecting(Array(0..<min(count, self.count))) }

  /// Runs of at most `size` samples, in order.
  func batches(of size: Int) throws -> [LabelledTensors] {
    try stride(from: 0, to: count, by: size).map { start in
      let places = start..<Swift.min(start + size, count)
      return try LabelledTensors(
        pixels: pixels.narrowed(0, from: start, count: places.count), labels: Array(labels[places]))
    }
  }
}
