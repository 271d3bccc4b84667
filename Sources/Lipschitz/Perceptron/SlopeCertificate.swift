import OperatorNorms
import TorchCore

/// What any multipliers prove about a perceptron, however they were found.
///
/// Let dx be a difference of inputs, dz_i = W_i dh_{i−1} and dh_i = D_i dz_i those behind it, D_i diagonal with entries
/// in [0, 1], and T_i = diag(t_i) ≥ 0. Then dh_iᵀ T_i (dz_i − dh_i) ≥ 0, so
///
///     ρ|dx|² − |W_k dh_{k−1}|² ≥ ρ|dx|² + Σ 2 dh_iᵀ T_i (dh_i − W_i dh_{i−1}) − |W_k dh_{k−1}|² ≥ dhᵀ S dh
///
/// with S what completing the square in dx leaves: blocks 2T_i on the diagonal, −T_i W_i beside it, less
/// T_1 W_1 W_1ᵀ T_1/ρ in the first and W_kᵀW_k in the last. If S + δI is positive semidefinite and |dh_i| ≤ P_i |dx|,
///
///     L² ≤ ρ + δ Σ P_i²,   P_i = ‖W_1‖ ⋯ ‖W_i‖,
///
/// which asks nothing of ρ and T. As δ serves a bound on ‖S − RRᵀ‖ for a computed R, so no property of the
/// decomposition that R came from is relied on. Where a matrix is only known up to ε_i, dh_iᵀT_iW_idh_{i−1} is too, and
/// 2‖T_i‖ε_iP_iP_{i−1} is added; 2‖W_k‖ε_kP_{k−1}² for the last.
struct SlopeCertificate {
  /// Two or more.
  private let layers: [PerceptronLayer]
  /// At least ‖W_i‖, and at least how far each may be from its computed matrix.
  private let norms: [Double]
  private let errors: [Double]
  /// P_0 = 1, P_1, …, P_{k−1}.
  private let reaches: [Double]

  init(_ layers: [PerceptronLayer]) throws {
    self.layers = layers
    norms = try layers.map { try $0.norm() }
    errors = try layers.map { try $0.error() }
    reaches = norms.dropLast().reduce(into: [1]) { $0.append($0[$0.count - 1].timesUp($1)) }
  }

  /// At least the product of all norms.
  var product: Double { norms.reduce(1) { $0.timesUp($1) } }

  /// At least the constant; infinite where the candidate proves nothing.
  func upper(_ candidate: SlopeMultipliers) throws -> Double {
    let multipliers = candidate.multipliers
    guard candidate.rho > 0, candidate.rho.isFinite, try multipliers.allSatisfy({ try $0.areFactors() }) else {
      return .infinity
    }
    let (form, rounding) = try quadraticForm(candidate)
    guard try form.isFinite().allTrue() else { return .infinity }
    let delta = try form.distanceToSemidefinite().plusUp(rounding)
    var square = candidate.rho
    for reach in reaches.dropFirst() { square = square.plusUp(delta.timesUp(reach.timesUp(reach))) }
    for (index, t) in multipliers.enumerated() where errors[index] > 0 {
      let crossing = try (2 * t.max().item()).timesUp(errors[index])
      square = square.plusUp(crossing.timesUp(reaches[index + 1].timesUp(reaches[index])))
    }
    let (last, reach) = (layers.count - 1, reaches[layers.count - 1])
    square = square.plusUp((2 * norms[last]).timesUp(errors[last]).timesUp(reach.timesUp(reach)))
    return square.isNaN ? .infinity : square.squareRootUp
  }

  /// S as computed, and a bound on the norm of what rounding changed in it.
  private func quadraticForm(_ candidate: SlopeMultipliers) throws -> (form: Tensor, rounding: Double) {
    let t = candidate.multipliers
    let scaled = try t.indices.map { try t[$0].reshaped([-1, 1]) * layers[$0].weight }
    let (first, last) = (scaled[0], layers[layers.count - 1].weight)
    var diagonal = try t.map { try Tensor.eye($0.count, dtype: .float64) * $0 * 2 }
    diagonal[0] = try diagonal[0] - first.matmul(first.transposed()) / candidate.rho
    diagonal[t.count - 1] = try diagonal[t.count - 1] - last.transposed().matmul(last)
    let rows = try t.indices.map { row in
      let blocks = try t.indices.map { column in
        switch column {
        case row: diagonal[row]
        case row - 1: try scaled[row].negated()
        case row + 1: try scaled[column].transposed().negated()
        default: try Tensor.zeros([t[row].count, t[column].count], dtype: .float64)
        }
      }
      return try Tensor.concatenated(blocks, 1)
    }
    // Every inner product is off by at most γₙ of its |terms|; the norm of a matrix of those is at most the product of
    // the factors' Frobenius norms.
    let (inner, outer) = try (first.frobeniusUp(), last.frobeniusUp())
    var sizes = try 2 * inner * inner / candidate.rho + outer * outer + (t.map { try $0.max().item() }.max() ?? 0)
    for block in scaled.dropFirst() { sizes += try block.frobeniusUp() }
    let length = max(layers[0].inputs, layers[layers.count - 1].outputs)
    return (try Tensor.concatenated(rows, 0), 4 * Rounding.gamma(length + 8) * sizes)
  }
}

extension Tensor {
  /// Whether all are finite and not below 0.
  func areFactors() throws -> Bool { try isFinite().and(greaterOrEqual(0)).allTrue() }

  /// At least ‖S − RRᵀ‖₂, S this symmetric matrix, for an R made of its eigenvectors whose eigenvalues are positive.
  func distanceToSemidefinite() throws -> Double {
    let (values, vectors) = try symmetricEigenvectors()
    let root = try vectors * values.relu().sqrt()
    let remainder = try (self - root.matmul(root.transposed())).frobeniusUp()
    let size = try root.frobeniusUp()
    let rounding = 2 * Rounding.gamma(shape[0] + 8) * (size * size + remainder)
    return (remainder + rounding + underflow).nextUp
  }
}

/// More than all that underflow can take from sums of numbers of usual size.
private let underflow = 0x1p-500
