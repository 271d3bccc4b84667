import TorchCore

/// The covariance of features around the means of their classes, the same for all classes: Σ is the scatter of all
/// tasks over their degrees of freedom, (1 − γ)Σ + γ tr(Σ)/F · I against directions in which too few images scatter.
struct PooledCovariance {
  /// γ: how much of the mean variance takes the place of the covariance; above 0, so that it can be divided by.
  static let shrinkage = 0.01

  /// F×F, or its diagonal (F).
  let matrix: Tensor

  /// - Parameter statistics: of the tasks seen, at least one.
  init(_ statistics: PooledStatistics) throws {
    let covariance = try statistics.scatter / statistics.degreesOfFreedom
    let isFull = covariance.rank == 2
    let identity =
      isFull
      ? try Tensor.eye(covariance.size(0), dtype: .float64, device: covariance.device)
      : try Tensor.ones([covariance.size(0)], dtype: .float64, device: covariance.device)
    let mean = try (covariance * identity).sum().item() / Double(covariance.size(0))
    // Features without any variance leave nothing to compare distances by but the plain ones.
    matrix = try covariance * (1 - Self.shrinkage) + identity * (mean > 0 ? Self.shrinkage * mean : 1)
  }

  /// Σ⁻¹ of each row of K×F.
  func dividing(_ rows: Tensor) throws -> Tensor {
    matrix.rank == 2 ? try matrix.solved(for: rows.transposed()).transposed() : try rows / matrix
  }

  /// Rows of noise N×F, standard normal, with this covariance.
  func coloring(_ noise: Tensor) throws -> Tensor {
    guard matrix.rank == 2 else { return try noise * matrix.sqrt() }
    let (values, vectors) = try matrix.symmetricEigenvectors()
    return try (noise * values.clamped(0, .infinity).sqrt()).matmul(vectors.transposed())
  }
}
