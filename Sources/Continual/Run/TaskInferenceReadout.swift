import Foundation
import ResidualNets
import Results
import TorchCore

/// The task-agnostic readout: nobody says which task an image is of, so each task's network is asked, and the one that
/// is surest (lowest entropy of its softmax, relative to the most that its number of classes allows) decides.
struct TaskInferenceReadout {
  /// One per task seen.
  let networks: [DeployedNetwork]
  /// For each network the class of the stream that each of its outputs stands for.
  let classes: [[Int]]

  /// Per image of a task: whether its class is right, whichever task's network said so, and whether the task is.
  func outcomes(
    on benchmark: TaskBenchmark, task: Int, batchSize: Int
  ) throws -> (correct: [Bool], inferred: [Bool]) {
    var correct: [Bool] = []
    var inferred: [Bool] = []
    for places in benchmark.batches(of: batchSize) {
      let pixels = try benchmark.pixels(places)
      let answers = try withoutGradients { try networks.map { try Answer($0, pixels) } }
      for (row, place) in places.enumerated() {
        // The earliest of equally sure networks, so that the readout is defined.
        let surest = answers.indices.min { answers[$0].entropy[row] < answers[$1].entropy[row] } ?? 0
        inferred.append(surest == task)
        correct.append(
          classes[surest][answers[surest].prediction[row]] == classes[task][benchmark.targets[place]])
      }
    }
    return (correct, inferred)
  }

  private struct Answer {
    let prediction: [Int]
    /// In [0, 1].
    let entropy: [Double]

    init(_ network: DeployedNetwork, _ pixels: Tensor) throws {
      let logits = try network.logits(pixels).to(.float64)
      let logProbability = try logits.logSoftmax(1)
      prediction = try logits.argmax(1).integers()
      let highest = log(Double(logits.size(1)))
      entropy = try (logProbability.exp() * logProbability).sum([1]).doubles().map { -$0 / highest }
    }
  }
}
