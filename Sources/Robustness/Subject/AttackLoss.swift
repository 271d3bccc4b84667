import TorchCore

/// What an attack makes as large as it can.
public enum AttackLoss: String, Sendable, Hashable, CaseIterable, Codable {
  /// −log softmax(z)_y. Saturates to a gradient of exactly zero where the network is very sure.
  case crossEntropy
  /// max_{i≠y} z_i − z_y: positive exactly where the sample is misclassified.
  case logitMargin
  /// Difference of logits ratio: the margin over z_π1 − z_π3 (Croce and Hein 2020), which no scaling of logits changes.
  case dlr

  /// The loss that can be formed for so many classes: DLR needs three, its targeted form four; with fewer it is the
  /// margin.
  public func effective(classes: Int, targeted: Bool = false) -> AttackLoss {
    self == .dlr && classes < (targeted ? 4 : 3) ? .logitMargin : self
  }

  /// What to tell the reader where another loss than the one asked for is used; nil where none is.
  public func note(classes: Int, targeted: Bool = false) -> String? {
    guard effective(classes: classes, targeted: targeted) != self else { return nil }
    return targeted
      ? "targeted DLR needs four classes; with \(classes) the logit margin is used instead"
      : "DLR needs three classes; with \(classes) the logit margin is used instead"
  }

  /// The loss of each sample, N, for logits N×K and int64 labels N. With a single class there is no rival, and every
  /// loss is constant.
  func values(_ logits: Tensor, _ labels: Tensor) throws -> Tensor {
    switch effective(classes: logits.size(1)) {
    case .crossEntropy: return try logits.crossEntropy(labels, perSample: true)
    case .logitMargin: return try rivalLead(logits, labels)
    case .dlr:
      let leading = try logits.top(3, 1).values
      return try rivalLead(logits, labels) / (leading.column(0) - leading.column(2) + 1e-12)
    }
  }

  /// The loss of each sample toward a class, N, for int64 labels and targets N: log softmax(z)_t; z_t − z_y; and
  /// −(z_y − z_t)/(z_π1 − ½(z_π3 + z_π4)).
  func values(_ logits: Tensor, _ labels: Tensor, toward targets: Tensor) throws -> Tensor {
    switch effective(classes: logits.size(1), targeted: true) {
    case .crossEntropy: return try logits.crossEntropy(targets, perSample: true).negated()
    case .logitMargin: return try logits.entries(targets) - logits.entries(labels)
    case .dlr:
      let leading = try logits.top(4, 1).values
      let scale = try leading.column(0) - (leading.column(2) + leading.column(3)) * 0.5
      return try (logits.entries(targets) - logits.entries(labels)) / (scale + 1e-12)
    }
  }

  /// max_{i≠y} z_i − z_y.
  private func rivalLead(_ logits: Tensor, _ labels: Tensor) throws -> Tensor {
    let own = try logits.entries(labels)
    guard logits.size(1) > 1 else { return try own - own }
    return try logits.scattering(-.infinity, 1, labels.reshaped([-1, 1])).max([1]) - own
  }
}

extension Tensor {
  /// Column k of N×K, N.
  fileprivate func column(_ k: Int) throws -> Tensor { try narrowed(1, from: k, count: 1).reshaped([-1]) }

  /// Of each row of N×K the entry that int64 N names, N.
  func entries(_ columns: Tensor) throws -> Tensor { try gathered(1, columns.reshaped([-1, 1])).reshaped([-1]) }
}
