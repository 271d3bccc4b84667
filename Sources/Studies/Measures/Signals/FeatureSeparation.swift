import TorchCore

/// The mean of 1 − cosine over all pairs of different samples: 0 where all lie on one ray, 1 where they are orthogonal.
/// - Parameter features: N×….
func meanSeparation(_ features: Tensor) throws -> Double {
  let rows = try features.detached().to(.float64).flattened()
  let unit = try rows / rows.norm(2, [1], keepingDimensions: true).clamped(1e-300, .infinity)
  let count = Double(rows.size(0))
  let sum = try unit.matmul(unit.transposed()).sum().item()
  return 1 - (sum - count) / (count * (count - 1))
}
