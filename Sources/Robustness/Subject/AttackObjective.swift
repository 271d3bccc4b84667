import TorchCore

/// What a search makes as large as it can: a loss of the logits, away from the true labels or toward targets.
struct AttackObjective {
  let loss: AttackLoss
  /// int64 N.
  let labels: Tensor
  /// int64 N; nil where any other label will do.
  let targets: Tensor?

  init(_ loss: AttackLoss, labels: Tensor, targets: Tensor? = nil) {
    self.loss = loss
    self.labels = labels
    self.targets = targets
  }

  /// One value a sample, N, for logits N×K.
  func values(_ logits: Tensor) throws -> Tensor {
    if let targets { try loss.values(logits, labels, toward: targets) } else { try loss.values(logits, labels) }
  }

  /// The same for the samples that `rows` (int64) names.
  func selecting(_ rows: Tensor) throws -> AttackObjective {
    try AttackObjective(loss, labels: labels.selecting(0, rows), targets: targets?.selecting(0, rows))
  }
}
