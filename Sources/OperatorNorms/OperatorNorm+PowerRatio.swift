import TorchCore

extension OperatorNorm {
  /// ‖Av‖/‖v‖, as computed, after power iteration with AᵀA from `start`; with the number of elements of v and Av.
  static func powerRatio(
    _ start: Tensor, iterations: Int, apply: (Tensor) throws -> Tensor, adjoint: (Tensor) throws -> Tensor
  ) throws -> (value: Double, elements: Int) {
    var v = start
    for _ in 0..<max(0, iterations) {
      let next = try adjoint(apply(v))
      let norm = try next.norm().item()
      // A start within the kernel of A says nothing; its ratio, 0, is still a lower bound.
      guard norm > Rounding.floor else { break }
      v = try next / norm
    }
    let image = try apply(v)
    return (try image.norm().item() / v.norm().item(), image.count + v.count)
  }

  /// The ratio less what rounding may have added: `productError` bounds ‖fl(Av) − Av‖/‖v‖, the sums of squares have
  /// `elements` terms.
  static func deflated(_ ratio: (value: Double, elements: Int), productError: Double) -> Double {
    let value = ratio.value * (1 - Rounding.gamma(ratio.elements + 16)) - 1.01 * productError
    return value.isFinite ? max(0, value.nextDown) : 0
  }
}
