import TorchCore

extension Tensor {
  /// KL(p ‖ q) = Σ_k p_k (log p_k − log q_k), p and q the softmax of these logits and of others, N×K each; the mean
  /// over samples.
  func klDivergence(to other: Tensor) throws -> Tensor {
    let (p, q) = try (logSoftmax(1), other.logSoftmax(1))
    return try (p.exp() * (p - q)).sum([1]).mean()
  }
}

extension Answers {
  /// KL of the softmax of these answers to that of others to the same samples, the mean over samples.
  func divergence(to others: Answers) throws -> Tensor {
    try mean(with: others) { own, other in try own.logits.klDivergence(to: other.logits) }
  }
}
