import ResidualNets
import TorchCore

/// The network's verdict on a batch: the label it gives and whether that is the true one.
struct Judgement {
  let predictions: [Int]
  /// A sample with a logit that is not finite is not correct, whatever the largest logit.
  let correct: [Bool]

  /// Logits N×K.
  init(logits: Tensor, labels: [Int]) throws {
    guard !labels.isEmpty else {
      predictions = []
      correct = []
      return
    }
    predictions = try logits.argmax(1).integers()
    let isFinite = try logits.abs().max([1]).isFinite().booleans()
    correct = zip(zip(predictions, labels), isFinite).map { $0.0 == $0.1 && $1 }
  }

  /// Judges pixels by a forward pass that records no graph.
  init(_ network: DeployedNetwork, _ pixels: Tensor, labels: [Int]) throws {
    // Layers need not accept a batch of none.
    let logits = try labels.isEmpty ? pixels : withoutGradients { try network.logits(pixels) }
    try self.init(logits: logits, labels: labels)
  }
}
