import OrderedCollections
import TorchCore

/// The ridge regression of the outputs, as ones and zeros, on the features h: W = ((G + λI)⁻¹C)ᵀ, G = Σ h hᵀ, C = Σ h
/// yᵀ.
///
/// Source: McDonnell et al. 2023 (RanPAC), there on random features: (G + λI)⁻¹ takes out of the class prototypes C
/// what they share. λ is relative to the mean of G's diagonal, so that it means the same for few images and for many.
final class RidgeRegression: ClosedFormHead {
  private let ridge: Double
  /// G, D×D.
  private var gram: Tensor?
  /// C, D×O.
  private var prototypes: Tensor?

  init(ridge: Double) { self.ridge = ridge }

  var sums: OrderedDictionary<String, Tensor> {
    guard let gram, let prototypes else { return [:] }
    return ["gram": gram, "prototypes": prototypes]
  }

  func begin(outputs: Int, features: Int, device: Device) throws {
    gram = try Tensor.zeros([features, features], dtype: .float64, device: device)
    prototypes = try Tensor.zeros([features, outputs], dtype: .float64, device: device)
  }

  func add(_ features: Tensor, _ outputs: [Int]) throws {
    guard let gram, let prototypes else { return }
    let y = try outputs.oneHot(count: prototypes.size(1), device: features.device)
    try gram.assign(gram + features.transposed().matmul(features))
    try prototypes.assign(prototypes + features.transposed().matmul(y))
  }

  func solution() throws -> (weight: Tensor, bias: Tensor) {
    guard let gram, let prototypes else { throw RunError.unusable(reason: "there are no classes yet") }
    let identity = try Tensor.eye(gram.size(0), dtype: .float64, device: gram.device)
    let mean = try (gram * identity).sum().item() / Double(gram.size(0))
    // Features that are zero throughout answer nothing, whatever λ.
    let regularized = try gram + identity * (mean > 0 ? ridge * mean : 1)
    let weight = try regularized.solved(for: prototypes).transposed()
    return (weight, try Tensor.zeros([prototypes.size(1)], dtype: .float64, device: gram.device))
  }
}
