import TorchCore

extension FeasibleSet {
  /// Where a single step of the whole radius ends: ε along the steepest direction, then back into the set. In L1 the
  /// point of the set that a linear function with this gradient likes best.
  func singleStep(_ pass: InputGradient) throws -> Tensor {
    guard norm == .l1 else {
      return try project(clean.addingProduct(pass.steepestDirection(norm, at: clean), stepRadii()))
    }
    let best = try innerL1Ball().maximum(along: pass.gradient.to(.float64).contiguous().flattened())
    return try project(best.reshaped(clean.shape).channelsLast().to(.float32))
  }
}
