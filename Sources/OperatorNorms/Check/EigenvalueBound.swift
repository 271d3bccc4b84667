import TorchCore

/// Upper bounds on the largest singular value of matrices from an eigendecomposition that is not trusted.
///
/// With V, Λ whatever the decomposition of G = BᵀB returned and R = G − VΛVᵀ, ‖G‖ ≤ max|λ| ‖V‖² + ‖R‖ and
/// ‖V‖² ≤ 1 + ‖VᵀV − I‖. Both residuals are computed and their rounding is bounded by γₙ, so the bound holds however
/// wrong the decomposition is, and is tight to about n²u where it is right. Source: Rump, "Verified bounds for singular
/// values", 2011. Nothing here is shared with ``GramIteration``, which it checks.
enum EigenvalueBound {
  /// The largest over a batch B×m×n of real matrices.
  static func largestSingularValue(of matrices: Tensor) throws -> Double {
    guard let scale = try OperatorNorm.scale(of: matrices) else { return 0 }
    return try largest(ofScaled: matrices / scale).timesUp(scale)
  }

  /// The same where the largest entry is about 1.
  private static func largest(ofScaled matrices: Tensor) throws -> Double {
    let isWide = matrices.size(1) < matrices.size(2)
    let b = try (isWide ? matrices.permuted([0, 2, 1]) : matrices).contiguous()
    let (m, n) = (b.size(1), b.size(2))
    let g = try b.permuted([0, 2, 1]).matmul(b)
    let (values, v) = try g.symmetricEigenvectors()
    let vt = try v.permuted([0, 2, 1])
    // Columns of V times their eigenvalues.
    let scaled = try v * values.reshaped([-1, 1, n])
    let residuals = try frobenius(g - scaled.matmul(vt))
    let departures = try frobenius(vt.matmul(v) - Tensor.eye(n, dtype: .float64))
    let magnitudes = try values.abs()
    let largest = try magnitudes.max([1]).doubles()
    // Σ|λᵢ|‖vᵢ‖² bounds the norm of |V||Λ||V|ᵀ.
    let weights = try (v.squared().sum([1]) * magnitudes).sum([1]).doubles()
    let (sizes, squares) = (try frobenius(b), try frobenius(g))
    let columns = try frobenius(v)

    let sum = 1 + Rounding.gamma(m * n + n * n)
    let (product, rebuilt) = (Rounding.gamma(m), Rounding.gamma(n + 4))
    return largest.indices.map { index in
      let frobeniusSquared = (sizes[index] * sum) * (sizes[index] * sum)
      let departure = departures[index] * sum + rebuilt * (columns[index] * columns[index] * sum + Double(n))
      let residual =
        residuals[index] * sum + rebuilt * (weights[index] + squares[index]) * sum + product * frobeniusSquared
      // A few more roundings of positive numbers, and underflow.
      let square = (largest[index] * (1 + departure) + residual) * (1 + Rounding.gamma(16)) + Rounding.floor
      return square.isNaN ? .infinity : square.squareRootUp
    }.max() ?? 0
  }

  /// The same of complex matrices X + iY, which have the singular values of [[X, −Y], [Y, X]].
  static func largestSingularValue(real x: Tensor, imaginary y: Tensor) throws -> Double {
    try largestSingularValue(
      of: .concatenated([.concatenated([x, y.negated()], 2), .concatenated([y, x], 2)], 1))
  }

  private static func frobenius(_ batch: Tensor) throws -> [Double] { try batch.norm(2, [1, 2]).doubles() }
}
