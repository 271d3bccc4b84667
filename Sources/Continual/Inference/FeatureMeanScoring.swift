import ResidualNets
import TorchCore

/// The task of the class whose mean is nearest in the features of the frozen trunk, distances being Mahalanobis's with
/// one covariance for all classes (Lee et al. 2018).
///
/// Σ is the scatter of all tasks seen over their degrees of freedom, (1 − γ)Σ + γ tr(Σ)/F · I against directions in
/// which too few images scatter. (f − μ)ᵀΣ⁻¹(f − μ) is a term that all classes share less 2μᵀΣ⁻¹f − μᵀΣ⁻¹μ, so what
/// speaks for a class is linear in f, and what speaks for a task is the most that speaks for one of its classes.
struct FeatureMeanScoring: TaskScoring {
  /// γ.
  static let shrinkage = 0.01

  let features: FrozenFeatures
  /// K×F and K, K the classes of all tasks.
  private let weight: Tensor
  private let bias: Tensor
  /// How many classes each task has.
  private let classCounts: [Int]

  /// - Parameter statistics: of each task seen, on the device of the features.
  init(_ features: FrozenFeatures, _ statistics: [FeatureStatistics]) throws {
    self.features = features
    classCounts = statistics.map { $0.means.value.size(0) }
    (weight, bias) = try withoutGradients {
      let means = try Tensor.concatenated(statistics.map(\.means.value))
      let whitened = try PooledCovariance(statistics, shrinkage: Self.shrinkage).dividing(means)
      return (try whitened * 2, try (whitened * means).sum([1]).negated())
    }
  }

  func scores(_ pixels: Tensor, _ logits: [Tensor]) throws -> Tensor { try scores(features: features(pixels)) }

  /// The same of features N×F, float64.
  func scores(features: Tensor) throws -> Tensor {
    let classes = try features.linear(weight, bias)
    var first = 0
    return try Tensor.stacked(
      classCounts.map { count in
        defer { first += count }
        return try classes.narrowed(1, from: first, count: count).max([1])
      }, 1)
  }
}

/// The covariance of features around the means of their classes, the same for all classes.
struct PooledCovariance {
  /// F×F, or its diagonal (F).
  let matrix: Tensor

  /// - Parameter shrinkage: how much of the mean variance takes the place of the covariance; above 0, so that it can be
  ///   divided by.
  init(_ statistics: [FeatureStatistics], shrinkage: Double) throws {
    let freedom = max(try statistics.reduce(0) { try $0 + $1.degreesOfFreedom }, 1)
    let covariance = try Tensor.stacked(statistics.map(\.scatter.value)).sum([0]) / freedom
    let isFull = covariance.rank == 2
    let identity =
      isFull
      ? try Tensor.eye(covariance.size(0), dtype: .float64, device: covariance.device)
      : try Tensor.ones([covariance.size(0)], dtype: .float64, device: covariance.device)
    let mean = try (covariance * identity).sum().item() / Double(covariance.size(0))
    // Features without any variance leave nothing to compare distances by but the plain ones.
    matrix = try covariance * (1 - shrinkage) + identity * (mean > 0 ? shrinkage * mean : 1)
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
