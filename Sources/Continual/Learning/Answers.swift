import TorchCore

/// What a network answers to a batch whose samples may be of several tasks: logits, head by head.
struct Answers {
  /// The samples that one head answers.
  struct Group {
    /// Their rows in the batch; nil for all.
    let rows: [Int]?
    /// N×K.
    let logits: Tensor
    /// The number of the head's first output.
    let first: Int
  }

  let groups: [Group]
  /// N×F, what the heads read.
  let features: Tensor
  /// For each sample of the batch the number of the right output.
  let outputs: [Int]

  /// Right columns of a group's logits.
  func targets(of group: Group) throws -> Tensor { try targets(of: group, outputs) }

  /// Mean cross-entropy over all samples, each against the outputs of its own head.
  func crossEntropy() throws -> Tensor { try crossEntropy(with: outputs) }

  /// The same for other right answers, which must be outputs of the same heads.
  /// - Throws: `RunError.unusable` for an output that another head has.
  func crossEntropy(with outputs: [Int]) throws -> Tensor {
    try mean { try $0.logits.crossEntropy(targets(of: $0, outputs)) }
  }

  /// The mean over all samples of what is a mean over the samples of each group.
  func mean(_ value: (Group) throws -> Tensor) throws -> Tensor {
    if groups.count == 1 { return try value(groups[0]) }
    let parts = try groups.map { try value($0) * (Double($0.logits.size(0)) / Double(outputs.count)) }
    return try Tensor.stacked(parts).sum()
  }

  /// The same of what is a mean over the samples of each group of these answers and of others to the same samples.
  func mean(with others: Answers, _ value: (Group, Group) throws -> Tensor) throws -> Tensor {
    var rest = others.groups[...]
    return try mean { group in
      guard let other = rest.popFirst() else { throw RunError.unusable(reason: "the answers are to other samples") }
      return try value(group, other)
    }
  }

  private func targets(of group: Group, _ outputs: [Int]) throws -> Tensor {
    let columns = (group.rows.map { $0.map { outputs[$0] } } ?? outputs).map { $0 - group.first }
    guard columns.allSatisfy((0..<group.logits.size(1)).contains) else {
      throw RunError.unusable(
        reason: "samples of tasks with heads of their own cannot be mixed: leave out training.augmentation.mixup")
    }
    return try Tensor(indices: columns).to(group.logits.device)
  }
}
