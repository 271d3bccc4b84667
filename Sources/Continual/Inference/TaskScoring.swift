import Foundation
import ResidualNets
import TorchCore

/// Says for each image how much speaks for each task.
protocol TaskScoring {
  /// N×T, float64: the larger, the likelier the task.
  /// - Parameters:
  ///   - pixels: N×C×H×W in [0, 1].
  ///   - logits: for each task N×K of its own network, float64; of none where ``readsLogits`` is false.
  func scores(_ pixels: Tensor, _ logits: [Tensor]) throws -> Tensor

  /// Whether the tasks' own networks have a say; otherwise only the network of the inferred task need be asked.
  var readsLogits: Bool { get }

  /// τ: softmax(scores/τ) is p(task | x), on the scale of a head's logits. It decides how a loss weighs the task
  /// against the class, never which task is inferred.
  var temperature: Double { get }
}

extension TaskScoring {
  var readsLogits: Bool { true }

  /// Scores that are logits, or logarithms of probabilities.
  var temperature: Double { 1 }
}

/// Minus the entropy of a head's softmax, as a share of the most that its number of classes allows.
struct EntropyScoring: TaskScoring {
  /// Scores lie in −1…0, so that a tenth of their range counts as a logit: a convention.
  let temperature = 0.1

  func scores(_ pixels: Tensor, _ logits: [Tensor]) throws -> Tensor {
    try Tensor.stacked(
      logits.map { z in
        let logProbability = try z.logSoftmax(1)
        // A single class has no entropy, and is as sure as can be.
        let highest = log(Double(max(z.size(1), 2)))
        return try (logProbability.exp() * logProbability).sum([1]) / highest
      }, 1)
  }
}

/// Minus the energy of a head's logits, −E(x) = log Σ_k exp z_k (Liu et al. 2020), less log K: the mean of the
/// exponentials in place of their sum, so that a head does not win by having more classes.
struct EnergyScoring: TaskScoring {
  func scores(_ pixels: Tensor, _ logits: [Tensor]) throws -> Tensor {
    try Tensor.stacked(logits.map { try $0.logSumExp(1) - log(Double($0.size(1))) }, 1)
  }
}

/// The largest logit of a head.
struct LogitScoring: TaskScoring {
  func scores(_ pixels: Tensor, _ logits: [Tensor]) throws -> Tensor {
    try Tensor.stacked(logits.map { try $0.max([1]) }, 1)
  }
}
