import TorchCore

/// The linear function of features that tells one outer point from a cloud of inner ones, w·φ against a threshold: the
/// closed form of linear discriminant analysis, w = (Σ + λI)⁻¹(φ_outer − μ) with μ and Σ of the inner points, in fp64.
struct SeparatingReadout {
  /// F×1, of length 1.
  let weight: Tensor
  let threshold: Double

  /// λ as a share of the inner points' total variance: directions that only roundings move do not count.
  private static let ridge = 1e-6

  /// Nil where this function does not put every inner point on one side and the outer one on the other.
  ///
  /// - Parameters:
  ///   - inner: n×F, fp64.
  ///   - outer: 1×F, fp64.
  ///   - closeness: where the threshold is between the farthest inner point, 0, and the outer one, 1.
  init?(inner: Tensor, outer: Tensor, closeness: Double) throws {
    guard let weight = try SeparatingReadout.direction(from: inner, to: outer) else { return nil }
    let innermost = try inner.matmul(weight).max().item()
    let outermost = try outer.matmul(weight).item()
    threshold = innermost + closeness * (outermost - innermost)
    self.weight = weight
    guard innermost < threshold, threshold < outermost else { return nil }
  }

  private static func direction(from inner: Tensor, to outer: Tensor) throws -> Tensor? {
    let (n, features) = (inner.size(0), inner.size(1))
    let mean = try inner.mean([0], keepingDimensions: true)
    let spread = try inner - mean
    let shift = try (outer - mean).transposed()
    let variance = try (spread.squared().sum().item() + shift.squared().sum().item()) / Double(n)
    guard variance > 0, variance.isFinite else { return nil }
    let ridge = ridge * variance
    let unscaled: Tensor
    if n <= features {
      // The same by Woodbury's identity, up to the factor 1/λ, with a matrix of n×n.
      let gram = try spread.matmul(spread.transposed()) + ridge * Double(n) * identity(n, like: inner)
      unscaled = try shift - spread.transposed().matmul(gram.solved(for: spread.matmul(shift)))
    } else {
      let covariance = try spread.transposed().matmul(spread) / Double(n) + ridge * identity(features, like: inner)
      unscaled = try covariance.solved(for: shift)
    }
    let length = try unscaled.norm().item()
    return length > 0 && length.isFinite ? try unscaled / length : nil
  }

  private static func identity(_ size: Int, like tensor: Tensor) throws -> Tensor {
    try Tensor.eye(size, dtype: .float64, device: tensor.device)
  }
}
