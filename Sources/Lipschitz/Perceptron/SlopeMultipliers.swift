import TorchCore

/// A candidate for a certificate: ρ for the squared constant, and one multiplier for each hidden neuron.
///
/// Source: Fazlyab et al., "Efficient and accurate estimation of Lipschitz constants for deep neural networks", 2019,
/// in the diagonal form (LipSDP-Neuron); the coupled multipliers given there are not sound (Pauli et al., "Training
/// robust neural networks using Lipschitz bounds", 2021).
struct SlopeMultipliers {
  let rho: Double
  /// By hidden layer, one number a neuron.
  let multipliers: [Tensor]
}

extension SlopeMultipliers {
  /// One multiplier for each layer, in closed form: λ_i = 1/‖K_i‖ with K_i = W_i X_{i−1}⁻¹ W_iᵀ, X_0 = I and
  /// X_i = 2λ_i I − λ_i² K_i; then ρ = ‖K_k‖.
  ///
  /// Source: Xu and Sivaranjani, "ECLipsE: Efficient compositional Lipschitz constant estimation for deep neural
  /// networks", 2024 (ECLipsE-Fast).
  static func equal(for layers: [PerceptronLayer]) throws -> SlopeMultipliers {
    var inverse: (Tensor) throws -> Tensor = { $0 }
    var lambdas: [Double] = []
    for layer in layers.dropLast() {
      let reach = try layer.weight.matmul(inverse(layer.weight.transposed()))
      let lambda = try 1 / reach.singularValues().max().item()
      let next = try Tensor.eye(layer.outputs, dtype: .float64) * (2 * lambda) - reach * (lambda * lambda)
      lambdas.append(lambda)
      inverse = { try next.solved(for: $0) }
    }
    let last = layers[layers.count - 1].weight
    let rho = try last.matmul(inverse(last.transposed())).singularValues().max().item()
    return SlopeMultipliers(
      rho: rho,
      multipliers: try zip(layers, lambdas).map { try .full($1 * rho, [$0.outputs], dtype: .float64) })
  }

  /// ρ and multipliers that a product of norms a little too large proves: each activation brings nothing farther apart,
  /// weighed by the squared norms of all layers behind it.
  static func product(of layers: [PerceptronLayer]) throws -> SlopeMultipliers {
    var (weight, weights) = (1.0, [Double]())
    for layer in layers.reversed() {
      weights.append(weight)
      let norm = try layer.norm() * 1.05
      weight *= norm * norm
    }
    return SlopeMultipliers(
      rho: weight,
      multipliers: try zip(layers, weights.reversed()).dropLast().map {
        try .full($1, [$0.decisions], dtype: .float64)
      })
  }
}
