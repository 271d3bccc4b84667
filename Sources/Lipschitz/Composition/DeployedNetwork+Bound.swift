import OperatorNorms
import ResidualNets
import TorchCore

extension DeployedNetwork {
  /// A rigorous upper bound on the L2 Lipschitz constant from pixels to logits, by composition.
  ///
  /// Layers in sequence multiply; a residual block is ‖shortcut‖ + |scale| · ‖branch‖. Convolutions are bounded as they
  /// run, with stride and zero padding on the size of their input; see ``OperatorNorms/OperatorNorm``.
  /// - Parameters:
  ///   - powerIterations: iterations for a lower bound on each linear layer; 0 leaves them out.
  ///   - tightening: how hard to look for a smaller bound of a perceptron, and of each pair of its classes; nil leaves
  ///     it out, and so it is for networks that ``perceptronBound(_:)`` refuses.
  /// - Throws: ``LipschitzError`` naming the first layer that cannot be bounded.
  public func lipschitzBound(
    powerIterations: Int = 0, tightening: PerceptronSettings? = nil
  ) throws -> NetworkBound {
    let product = try productBound(powerIterations: powerIterations)
    return try tightening.map { try tightened(product, $0) } ?? product
  }

  private func productBound(powerIterations: Int) throws -> NetworkBound {
    let clock = ContinuousClock()
    let start = clock.now
    guard !inputShape.isEmpty, inputShape.allSatisfy({ $0 > 0 }) else {
      throw LipschitzError.shape(layer: "input", reason: "the input shape is \(inputShape)")
    }
    let bounding = StageBounding(powerIterations: powerIterations)
    return try withoutGradients {
      var shape = SampleShape(lengths: inputShape)
      let body = try bounding.bound(self.body, shape: &shape)
      let head = try bounding.bound(
        Stage("head", .linear(weight: headWeight, bias: headBias)), shape: &shape)
      let features = body.composed
      let upper = features.timesUp(head.upper)
      guard upper.isFinite else {
        throw LipschitzError.unboundable(layer: "head", reason: "the bound of the network exceeds the largest double")
      }
      let elapsed = (clock.now - start).components
      return NetworkBound(
        upper: upper, featureUpper: features,
        seconds: Double(elapsed.seconds) + Double(elapsed.attoseconds) * 1e-18, perceptron: nil, body: body,
        head: head, pairs: nil, fingerprint: try fingerprint())
    }
  }
}
