import TorchCore

/// GMRES on every sample of a batch at once, with no more than products with the matrix (Saad and Schultz 1986,
/// Algorithm 3): x in the Krylov space of b that minimises ‖b − Ax‖, sample by sample. A sample that has reached its
/// target keeps its x while others go on, so that x does not depend on them.
struct KrylovSolver {
  /// The largest Krylov space; memory holds that many vectors and one more.
  static let dimension = 30

  /// The rounding unit of the vectors.
  let roundingUnit: Double

  /// - Throws: `TorchError` where the element type is neither float32 nor float64.
  init(for dtype: DType) throws {
    switch dtype {
    case .float32: roundingUnit = Double(Float.ulpOfOne)
    case .float64: roundingUnit = Double.ulpOfOne
    default:
      throw TorchError(
        code: .invalidOperation, message: "a backward Euler step needs float32 or float64 values, not \(dtype)")
    }
  }

  /// One cycle from x = 0.
  /// - Parameters:
  ///   - b: N×…, the right sides; the x of a zero one is zero.
  ///   - target: N×1×…×1, the residual norm that is small enough for each sample.
  ///   - multiply: A, on N×….
  /// - Returns: x, or nil where a product is infinite or NaN.
  func solve(_ b: Tensor, target: Tensor, _ multiply: (Tensor) throws -> Tensor) throws -> Tensor? {
    let target = try target.sampleColumn()
    let length = try b.sampleNorm()
    var basis = [try unit(b, length)]
    var problem = try HessenbergProblem(rightSide: length.sampleColumn())
    var settled = try length.sampleColumn().lessOrEqual(target)
    var y = try problem.rightSide.narrowed(1, from: 0, count: 0)
    while true {
      // Arnoldi: A v_k = Σ_j h_jk v_j, by modified Gram–Schmidt.
      var w = try multiply(basis[basis.count - 1])
      let whole = try w.sampleNorm()
      var column: [Tensor] = []
      for v in basis {
        let overlap = try w.sampleProduct(v)
        w = try w - overlap * v
        column.append(overlap)
      }
      // What is left of a vector inside the space already is rounding: the space holds all that it can.
      let rest = try w.sampleNorm()
      let isNew = try rest.greater(whole * (10 * roundingUnit))
      column.append(try isNew.select(rest, rest.zerosLike()))
      try problem.append(Tensor.concatenated(column.map { try $0.sampleColumn() }, 1))
      guard try whole.isFinite().allTrue() else { return nil }

      let (coefficients, residual) = try problem.solved()
      y = try settled.select(Tensor.concatenated([y, settled.to(.float64) * 0], 1), coefficients)
      settled = try settled.or(residual.lessOrEqual(target)).or(isNew.sampleColumn().equal(0))
      if try basis.count == Self.dimension || settled.allTrue() { return try combination(basis, y, like: b) }
      // A settled sample goes on with zeros.
      let open = try settled.not().to(b.dtype).reshaped(rest.shape)
      basis.append(try unit(w * open, rest * open))
    }
  }

  /// v/‖v‖, or zero where the norm is zero.
  private func unit(_ vector: Tensor, _ norm: Tensor) throws -> Tensor {
    let isZero = try norm.equal(0)
    return try isZero.select(vector.zerosLike(), vector / isZero.select(norm + 1, norm))
  }

  private func combination(_ basis: [Tensor], _ coefficients: Tensor, like b: Tensor) throws -> Tensor {
    let scalars = [b.sampleCount] + [Int](repeating: 1, count: b.rank - 1)
    let weights = try coefficients.to(b.dtype)
    var sum = try b.zerosLike()
    for (k, v) in basis.enumerated() {
      sum = try sum + v * weights.narrowed(1, from: k, count: 1).reshaped(scalars)
    }
    return sum
  }
}

/// min ‖βe₁ − Hy‖ for each sample's Hessenberg matrix H, which gains a column at a time; double precision.
private struct HessenbergProblem {
  /// N×1: β.
  let rightSide: Tensor
  /// N×(k+1)×k.
  private var matrix: Tensor

  init(rightSide: Tensor) throws {
    self.rightSide = rightSide
    matrix = try Tensor.zeros([rightSide.size(0), 1, 0], dtype: .float64, device: rightSide.device)
  }

  /// - Parameter column: N×(k+1), one entry longer than the last.
  mutating func append(_ column: Tensor) throws {
    let column = try column.reshaped([column.size(0), column.size(1), 1])
    let row = try Tensor.zeros([matrix.size(0), 1, matrix.size(2)], dtype: .float64, device: matrix.device)
    matrix = try Tensor.concatenated([Tensor.concatenated([matrix, row], 1), column], 2)
  }

  /// y (N×k) and the norm that is left (N×1).
  func solved() throws -> (coefficients: Tensor, residual: Tensor) {
    let (samples, columns) = (matrix.size(0), matrix.size(2))
    let transpose = try matrix.permuted([0, 2, 1])
    let zeros = try Tensor.zeros([samples, columns], dtype: .float64, device: matrix.device)
    let right = try Tensor.concatenated([rightSide, zeros], 1).reshaped([samples, columns + 1, 1])
    // A solved sample's columns are zero; the ridge gives them zero weight, and is below rounding for all others.
    let ridge = try matrix.squared().sum([1, 2], keepingDimensions: true) * 1e-15 + 1e-250
    let gram = try transpose.matmul(matrix) + ridge * Tensor.eye(columns, dtype: .float64, device: matrix.device)
    let coefficients = try gram.solved(for: transpose.matmul(right))
    let rest = try right - matrix.matmul(coefficients)
    return try (coefficients.reshaped([samples, columns]), rest.norm(2, [1]))
  }
}
