import TorchCore

/// What an attack makes as large as it can.
public enum AttackLoss: String, Sendable, Hashable, CaseIterable, Codable {
  /// −log softmax(z)_y. Saturates to a gradient of exactly zero where the network is very sure.
  case crossEntropy
  /// max_{i≠y} z_i − z_y: positive exactly where the sample is misclassified.
  case logitMargin
  /// Difference of logits ratio: the margin over z_π1 − z_π3 (Croce and Hein 2020), which no scaling of logits changes.
  case dlr

  /// The loss that can be formed for so many classes: DLR needs three, with fewer it is the margin.
  public func effective(classes: Int) -> AttackLoss { self == .dlr && classes < 3 ? .logitMargin : self }

  /// What to tell the reader where another loss than the one asked for is used; nil where none is.
  public func note(classes: Int) -> String? {
    effective(classes: classes) == self
      ? nil : "DLR needs three classes; with \(classes) the logit margin is used instead"
  }

  /// The loss of each sample, N, for logits N×K and int64 labels N. With a single class there is no rival, and every
  /// loss is constant.
  func values(_ logits: Tensor, _ labels: Tensor) throws -> Tensor {
    switch effective(classes: logits.size(1)) {
    case .crossEntropy: return try logits.crossEntropy(labels, perSample: true)
    case .logitMargin: return try rivalLead(logits, labels)
    case .dlr:
      let leading = try logits.top(3, 1).values
      let first = try leading.narrowed(1, from: 0, count: 1).reshaped([-1])
      let third = try leading.narrowed(1, from: 2, count: 1).reshaped([-1])
      return try rivalLead(logits, labels) / (first - third + 1e-12)
    }
  }

  /// max_{i≠y} z_i − z_y.
  private func rivalLead(_ logits: Tensor, _ labels: Tensor) throws -> Tensor {
    let column = try labels.reshaped([-1, 1])
    let own = try logits.gathered(1, column).reshaped([-1])
    guard logits.size(1) > 1 else { return try own - own }
    return try logits.scattering(-.infinity, 1, column).max([1]) - own
  }
}
