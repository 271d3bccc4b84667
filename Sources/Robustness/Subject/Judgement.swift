import TorchCore

/// The verdict on a batch: the label that each image is given, whether it is the true one, and whether that is what the
/// attack wants.
package struct Judgement {
  package let predictions: [Int]
  /// A sample with a logit that is not finite is not correct, whatever the largest logit.
  package let correct: [Bool]
  let reached: [Bool]

  /// Logits N×K.
  init(logits: Tensor, labels: [Int], goal: AttackGoal = .misclassification) throws {
    guard !labels.isEmpty else {
      (predictions, correct, reached) = ([], [], [])
      return
    }
    let predictions = try logits.argmax(1).integers()
    let isDefined = try logits.abs().max([1]).isFinite().booleans()
    self.predictions = predictions
    correct = labels.indices.map { predictions[$0] == labels[$0] && isDefined[$0] }
    reached = goal.isReached(predictions: predictions, isDefined: isDefined, labels: labels)
  }

  /// Judges pixels by a forward pass that records no graph.
  package init(
    _ network: any Classifier, _ pixels: Tensor, labels: [Int], goal: AttackGoal = .misclassification
  ) throws {
    // Layers need not accept a batch of none.
    let logits = try labels.isEmpty ? pixels : withoutGradients { try network.logits(pixels) }
    try self.init(logits: logits, labels: labels, goal: goal)
  }
}
