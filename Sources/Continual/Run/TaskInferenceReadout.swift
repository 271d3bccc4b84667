import Foundation
import ResidualNets
import Results
import TorchCore

/// Which of the networks that are asked about an image is believed.
enum InferenceRule {
  /// The lowest entropy of its softmax, relative to the most that its number of classes allows: heads of their own.
  case lowestEntropy
  /// The largest logit: heads that are rows of one, so that this is the class that the one head names.
  case largestLogit
  /// The task's own: outputs mean the same in every task, so that nobody has to know it.
  case notNeeded
}

extension OutputLayout {
  /// How a task is inferred where nobody gives it.
  var inference: InferenceRule {
    switch scenario {
    case .task: .lowestEntropy
    case .domain: .notNeeded
    case .classes: .largestLogit
    }
  }
}

/// The task-agnostic readout: nobody says which task an image is of, so each task's network is asked, and the surest one
/// decides.
struct TaskInferenceReadout {
  /// One per task seen.
  let networks: [DeployedNetwork]
  /// For each network the class of the stream that each of its outputs stands for.
  let classes: [[Int]]
  let rule: InferenceRule

  /// Per image of a task: whether its class is right, whichever task's network said so, and whether the task is.
  func outcomes(
    on benchmark: TaskBenchmark, task: Int, batchSize: Int
  ) throws -> (correct: [Bool], inferred: [Bool]) {
    if rule == .notNeeded { return (try ownOutcomes(on: benchmark, task: task, batchSize: batchSize), []) }
    var correct: [Bool] = []
    var inferred: [Bool] = []
    for places in benchmark.batches(of: batchSize) {
      let pixels = try benchmark.pixels(places)
      let answers = try withoutGradients { try networks.map { try Answer($0, pixels, rule) } }
      for (row, place) in places.enumerated() {
        // The earliest of equally sure networks, so that the readout is defined.
        let surest = answers.indices.min { answers[$0].doubt[row] < answers[$1].doubt[row] } ?? 0
        inferred.append(surest == task)
        correct.append(
          classes[surest][answers[surest].prediction[row]] == classes[task][benchmark.targets[place]])
      }
    }
    return (correct, inferred)
  }

  private func ownOutcomes(on benchmark: TaskBenchmark, task: Int, batchSize: Int) throws -> [Bool] {
    try benchmark.batches(of: batchSize).flatMap { places in
      let answer = try withoutGradients { try networks[task].logits(benchmark.pixels(places)).argmax(1).integers() }
      return zip(answer, benchmark.targets[places]).map(==)
    }
  }

  private struct Answer {
    let prediction: [Int]
    /// The less the surer.
    let doubt: [Double]

    init(_ network: DeployedNetwork, _ pixels: Tensor, _ rule: InferenceRule) throws {
      let logits = try network.logits(pixels).to(.float64)
      prediction = try logits.argmax(1).integers()
      switch rule {
      case .lowestEntropy:
        let logProbability = try logits.logSoftmax(1)
        let highest = log(Double(logits.size(1)))
        doubt = try (logProbability.exp() * logProbability).sum([1]).doubles().map { -$0 / highest }
      case .largestLogit, .notNeeded: doubt = try logits.max([1]).doubles().map { -$0 }
      }
    }
  }
}
