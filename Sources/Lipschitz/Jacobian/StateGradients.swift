import TorchCore

/// The states of a batch along a chain, and the gradients of its loss there.
public struct StateGradients {
  /// h₀ … h_L, N×…, outside any graph.
  public let states: [Tensor]
  /// ∂Σloss/∂h_l, one of the shape of each state: where samples do not mix, row by row each sample's own gradient.
  public let gradients: [Tensor]

  /// ‖∂loss/∂h_l‖ for l = 0 … L: the root of the mean over samples of the squared norms of each sample's gradient.
  public func norms() throws -> [Double] {
    try gradients.map { try rootMeanSquare(normPerSample($0.to(.float64)).doubles()) }
  }
}

extension NetworkChain {
  /// States and their gradients, the loss being cross-entropy summed over samples.
  /// - Parameters:
  ///   - x: N×….
  ///   - labels: N, int64.
  /// - Throws: ``JacobianError`` where gradients are off or samples do not correspond, and what the functions of the chain
  ///   throw.
  public func stateGradients(_ x: Tensor, labels: Tensor) throws -> StateGradients {
    try requireRecording()
    let first = try withoutGradients { try embed(x) }.asLeaf()
    let states = try states(from: first)
    let loss = try readout(states[states.count - 1]).crossEntropy(labels, perSample: true).sum()
    let slopes =
      loss.requiresGradient
      ? try TorchCore.gradients(of: loss, withRespectTo: states) : states.map { _ in nil }
    return StateGradients(
      states: try states.map { try $0.detached() },
      gradients: try zip(states, slopes).map { state, slope in
        guard let slope else { return try state.detached().zerosLike() }
        try requireSamples(slope, of: x)
        return slope
      })
  }
}

/// √(mean v²), scaled by the largest so that squares neither overflow nor vanish; not finite where a value is not.
private func rootMeanSquare(_ values: [Double]) -> Double {
  guard values.allSatisfy(\.isFinite) else { return values.reduce(0, +) }
  guard let largest = values.max(), largest > 0 else { return 0 }
  let squares = values.reduce(0) { $0 + ($1 / largest) * ($1 / largest) }
  return largest * (squares / Double(values.count)).squareRoot()
}
