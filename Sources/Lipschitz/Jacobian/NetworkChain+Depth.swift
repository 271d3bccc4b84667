import TorchCore

extension NetworkChain {
  /// Logit margins z_y − max_{j≠y} z_j with the readout applied at each depth 0 … L: depth × sample. Nil at a depth
  /// whose states the readout does not accept, because their shape differs from that of h_L.
  /// - Parameters:
  ///   - x: N×….
  ///   - labels: N, counted from 0.
  /// - Throws: ``JacobianError/labels(reason:)``, and what the functions of the chain throw.
  public func marginsByDepth(_ x: Tensor, labels: [Int]) throws -> [[Double]?] {
    try withoutGradients {
      let states = try states(x)
      let last = states[states.count - 1]
      let final = try readout(last)
      return try states.map { state in
        guard let logits = try logits(at: state, final: (last, final)) else { return nil }
        return try margins(logits, labels)
      }
    }
  }

  private func logits(at state: Tensor, final: (state: Tensor, logits: Tensor)) throws -> Tensor? {
    if state.shape == final.state.shape { return try readout(state) }
    do {
      let logits = try readout(state)
      return logits.shape == final.logits.shape ? logits : nil
    } catch let error as TorchError where error.code == .invalidOperation {
      return nil
    }
  }

  /// The chain with these steps left out; nil where one of them is not there or changes the shape.
  public func withoutSteps(_ places: Set<Int>) -> NetworkChain? {
    guard places.allSatisfy({ steps.indices.contains($0) && steps[$0].keepsShape }) else { return nil }
    let rest = steps.indices.filter { !places.contains($0) }.map { steps[$0] }
    return NetworkChain(embed: embed, steps: rest, readout: readout)
  }

  /// The effective rank (``EffectiveRank/entropy(_:)``) of the states, flattened to samples × features, at each depth
  /// 0 … L. At most the number of samples.
  /// - Throws: ``JacobianError/matrix(reason:)`` for states that are not finite, and what the functions of the chain throw.
  public func effectiveRanks(_ x: Tensor) throws -> [Double] {
    try withoutGradients { try states(x).map { try EffectiveRank.entropy($0.flattened()) } }
  }
}

/// z_y − max_{j≠y} z_j for logits N×K.
private func margins(_ logits: Tensor, _ labels: [Int]) throws -> [Double] {
  guard logits.rank == 2, logits.size(0) == labels.count, logits.size(1) > 1 else {
    throw JacobianError.labels(reason: "\(labels.count) labels, logits of the shape \(logits.shape)")
  }
  guard labels.allSatisfy({ (0..<logits.size(1)).contains($0) }) else {
    throw JacobianError.labels(reason: "a label is outside 0..<\(logits.size(1))")
  }
  let z = try logits.to(.float64)
  let y = try Tensor(indices: labels).reshaped([labels.count, 1]).to(z.device)
  let others = try z.scattering(-.infinity, 1, y).max([1], keepingDimensions: true)
  return try (z.gathered(1, y) - others).doubles()
}
