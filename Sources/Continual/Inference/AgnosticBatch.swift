import RandomStreams
import Robustness
import TorchCore

/// Some test images of one task, attacked and judged by way of the task-agnostic readout. A row is an image's place
/// among them.
struct AgnosticBatch {
  let joint: JointReadout
  let benchmark: TaskBenchmark
  let task: Int
  /// The images, by their places in the task.
  let places: [Int]
  /// Of the attacks, with the image's index.
  private let stream: RandomStream
  private let preparesGradient: Bool
  /// The class of the stream of each row.
  private let truth: [Int]
  /// By rows: attacks that are left the same rows share what is prepared.
  private var prepared: [[Int]: AttackBatch] = [:]

  init(
    _ joint: JointReadout, _ benchmark: TaskBenchmark, task: Int, places: [Int], stream: RandomStream,
    preparingGradient: Bool
  ) {
    self.joint = joint
    self.benchmark = benchmark
    self.task = task
    self.places = places
    self.stream = stream
    preparesGradient = preparingGradient
    truth = places.map { joint.readout.classes[task][benchmark.targets[$0]] }
  }

  var rows: [Int] { Array(places.indices) }

  /// N×C×H×W in [0, 1].
  func pixels(_ rows: [Int]) throws -> Tensor {
    try benchmark.images.pixels(rows.map { places[$0] }, on: benchmark.device)
  }

  /// The readout's judgement of pixels in place of those of some rows.
  func verdicts(on pixels: Tensor, of rows: [Int]) throws -> [ReadoutVerdict] {
    guard !rows.isEmpty else { return [] }
    return zip(try joint.readout.answers(pixels, joint.scoring), rows).map { answer, row in
      ReadoutVerdict(isCorrect: answer.class == truth[row], isInferred: answer.task == task)
    }
  }

  /// Some rows as the attacks take them.
  mutating func attackBatch(_ rows: [Int]) throws -> AttackBatch {
    if let known = prepared[rows] { return known }
    let batch = try AttackBatch(
      joint, pixels: pixels(rows), labels: rows.map { try joint.output(of: truth[$0]) },
      streams: rows.map { stream.stream(benchmark.images.indices[places[$0]]) }, preparingGradient: preparesGradient)
    prepared[rows] = batch
    return batch
  }
}
