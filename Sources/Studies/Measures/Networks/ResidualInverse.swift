import TorchCore

/// The inverse of y = x + F(x) by the iteration x ← y − F(x) from x = y, which contracts by L_F a step. Source:
/// Behrmann et al. 2019, "Invertible Residual Networks", Algorithm 1.
struct ResidualInverse {
  let iterations: Int

  /// The last iterate; of values that leave the doubles, NaN or infinity.
  func callAsFunction(_ y: Tensor, _ branch: (Tensor) throws -> Tensor) throws -> Tensor {
    try (0..<iterations).reduce(y) { x, _ in try y - branch(x) }
  }

  /// ‖x_k − x‖ of each sample after k = 0, 1, … iterations, x being known.
  /// - Parameter x: N×….
  func errors(_ x: Tensor, _ branch: (Tensor) throws -> Tensor) throws -> [[Double]] {
    let y = try x + branch(x)
    var iterate = y
    return try (0...iterations).map { number in
      if number > 0 { iterate = try y - branch(iterate) }
      return try (iterate - x).flattened().norm(2, [1]).doubles()
    }
  }
}
