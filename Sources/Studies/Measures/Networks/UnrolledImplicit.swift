import ResidualNets
import TorchCore

/// z = h + τF(z) by so many iterations of z ← h + τF(z), every one of them recorded for the gradient: the step that the
/// implicit one replaces. It converges where τL_F < 1.
func unrolledBackwardStep(
  _ h: Tensor, step: Double, iterations: Int, _ field: (Tensor) throws -> Tensor
) throws -> Tensor {
  try (0..<iterations).reduce(h) { z, _ in try h + field(z) * step }
}

extension DeployedNetwork {
  /// The logits with every implicit step unrolled.
  func unrolledLogits(_ pixels: Tensor, iterations: Int) throws -> Tensor {
    let features = try body.reduce(pixels) { h, stage in
      guard case .implicit(let branch, let step) = stage.operation else { return try stage.apply(h) }
      return try unrolledBackwardStep(h, step: step, iterations: iterations) { try branch.apply($0) }
    }
    return try features.linear(headWeight, headBias)
  }

  /// Whether some stage of the body is an implicit step: else there is nothing to unroll.
  var hasImplicitSteps: Bool {
    body.contains { if case .implicit = $0.operation { true } else { false } }
  }
}
