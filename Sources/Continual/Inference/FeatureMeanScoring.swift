import ResidualNets
import TorchCore

/// The task of the class whose mean is nearest in the features of the frozen trunk, distances being Mahalanobis's with
/// one covariance for all classes (Lee et al. 2018).
///
/// (f − μ)ᵀΣ⁻¹(f − μ) is a term that all classes share less 2μᵀΣ⁻¹f − μᵀΣ⁻¹μ, so what speaks for a class is linear in
/// f, and what speaks for a task is the most that speaks for one of its classes.
struct FeatureMeanScoring: TaskScoring {
  /// Scores differ as −d² does, and the logarithm of a Gaussian is −d²/2.
  let temperature = 2.0

  let readsLogits = false
  let features: FrozenFeatures
  /// K×F and K, K the classes of all tasks.
  private let weight: Tensor
  private let bias: Tensor
  /// How many classes each task has.
  private let classCounts: [Int]

  /// - Parameter statistics: of the tasks seen, on the device of the features.
  init(_ features: FrozenFeatures, _ statistics: PooledStatistics) throws {
    self.features = features
    classCounts = statistics.means.map { $0.size(0) }
    (weight, bias) = try withoutGradients {
      let means = try Tensor.concatenated(statistics.means)
      let whitened = try PooledCovariance(statistics).dividing(means)
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
