import Foundation
import RandomStreams
import TorchCore

/// Linear fields dh/dt = A h with known eigenvalues, all of them decaying.
struct LinearFields {
  /// λ of each field: one of every conjugate pair.
  let eigenvalues: [[(real: Double, imaginary: Double)]]
  /// A, n×d×d float64, in a basis that is not orthogonal.
  let matrices: Tensor

  /// - Parameter pairs: half the dimension d.
  init(_ count: Int, pairs: Int, _ stream: RandomStream) throws {
    let draws = try Tensor.uniform([count, pairs, 2], stream.stream("eigenvalues"), dtype: .float64).doubles()
    eigenvalues = (0..<count).map { field in
      (0..<pairs).map { pair in
        let place = 2 * (field * pairs + pair)
        // |λ| from 0.1 to 10, at most 84° from the negative real axis.
        let modulus = 0.1 * pow(100, draws[place])
        let angle = Double.pi - draws[place + 1] * 0.47 * Double.pi
        return (modulus * cos(angle), modulus * sin(angle))
      }
    }
    let d = 2 * pairs
    var entries = [Double](repeating: 0, count: count * d * d)
    for (field, values) in eigenvalues.enumerated() {
      for (pair, value) in values.enumerated() {
        let corner = field * d * d + 2 * pair * (d + 1)
        (entries[corner], entries[corner + d + 1]) = (value.real, value.real)
        (entries[corner + 1], entries[corner + d]) = (-value.imaginary, value.imaginary)
      }
    }
    let turned = try Tensor(entries, [count, d, d])
    let noise = try Tensor.normal([count, d, d], stream.stream("basis"), dtype: .float64)
    let basis = try Tensor.eye(d, dtype: .float64) + noise * (0.3 / Double(d).squareRoot())
    // A = P Λ P⁻¹, from Aᵀ = P⁻ᵀ (P Λ)ᵀ.
    let transpose = try basis.permuted([0, 2, 1])
    matrices = try transpose.solved(for: basis.matmul(turned).permuted([0, 2, 1])).permuted([0, 2, 1]).contiguous()
  }

  /// The largest τ at which |1 + τλ| ≤ 1 for all λ of a field: min 2|Re λ| / |λ|².
  var criticalSteps: [Double] {
    eigenvalues.map { values in
      values.map { -2 * $0.real / ($0.real * $0.real + $0.imaginary * $0.imaginary) }.min() ?? 0
    }
  }

  /// ln max |1 + τλ|, one τ a field.
  func predictedRates(steps: [Double]) -> [Double] {
    zip(eigenvalues, steps).map { values, step in
      log(values.map { hypot(1 + step * $0.real, step * $0.imaginary) }.max() ?? 0)
    }
  }

  /// ln ‖(I + τA)^n‖ / n for n = 2^doublings layers, one τ a field, by repeated squaring.
  func measuredRates(steps: [Double], doublings: Int) throws -> [Double] {
    let d = matrices.size(1)
    var power = try Tensor.eye(d, dtype: .float64) + matrices * Tensor(steps, [steps.count, 1, 1])
    // (I + τA)^(2^k) = exp(size) · power, with power of norm 1.
    var size = try Tensor.zeros([steps.count, 1, 1], dtype: .float64)
    for doubling in 0...doublings {
      if doubling > 0 { (power, size) = (try power.matmul(power), try size * 2) }
      let norm = try power.norm(2, [1, 2], keepingDimensions: true)
      (power, size) = (try power / norm, try size + norm.log())
    }
    return try (size / pow(2, Double(doublings))).doubles()
  }
}
