import Lipschitz
import TorchCore

extension NetworkChain {
  /// The gradient of the summed cross-entropy at h₀, split by the number k of branches that a path passes through:
  /// entry k, N×…, is the sum over all paths through k of the n branches, and the entries add up to the gradient.
  ///
  /// With h_{l+1} = h_l + F_l(h_l) the gradient is (I + J_1ᵀ) ⋯ (I + J_nᵀ) g_n; from the end to the start
  /// c_k ← c_k + J_lᵀ c_{k−1}, which sums the products of each length exactly (Veit et al. 2016, section 3, measures
  /// the same by drawing paths). Steps that change the shape belong to every path.
  ///
  /// - Parameters:
  ///   - x: N×…; in double precision, for the parts are small differences.
  ///   - labels: N, int64.
  func gradientByPathLength(_ x: Tensor, labels: Tensor) throws -> [Tensor] {
    let states = try withoutGradients { try self.states(x) }
    let last = try states[states.count - 1].asLeaf()
    let loss = try readout(last).crossEntropy(labels, perSample: true).sum()
    var parts = try [gradient(of: loss, seed: nil, at: last)]
    for (step, state) in zip(steps, states).reversed() {
      // One pass pulls all parts back: the sample is there once for each.
      let copies = try Tensor.concatenated(parts.map { _ in state }).asLeaf()
      let pulled = try gradient(of: step.apply(copies), seed: Tensor.concatenated(parts), at: copies)
      let whole = try parts.indices.map { try pulled.narrowed(0, from: $0 * x.size(0), count: x.size(0)) }
      guard step.keepsShape else {
        parts = whole
        continue
      }
      let throughBranch = try zip(whole, parts).map { try $0 - $1 }
      parts = try [parts[0]] + zip(parts.dropFirst(), throughBranch).map { try $0 + $1 } + throughBranch.suffix(1)
    }
    return parts
  }

  private func gradient(of output: Tensor, seed: Tensor?, at input: Tensor) throws -> Tensor {
    try gradients(of: output, seed: seed, withRespectTo: [input])[0] ?? input.zerosLike()
  }
}
