import TorchCore

/// A batch of complex (or real) matrices in real arithmetic, tall or square: real parts above imaginary parts.
struct GramBatch {
  /// B×2m×n, or B×m×n where the matrices are real.
  private let stacked: Tensor
  private let isComplex: Bool

  /// The matrices B×m×n, transposed where they are wide: that keeps the singular values and makes squares small.
  init(real: Tensor, imaginary: Tensor?) throws {
    let isWide = real.size(1) < real.size(2)
    let parts = try [real, imaginary].compactMap { try isWide ? $0?.permuted([0, 2, 1]) : $0 }
    self.init(stacked: try Tensor.concatenated(parts, 1).contiguous(), isComplex: imaginary != nil)
  }

  private init(stacked: Tensor, isComplex: Bool) {
    self.stacked = stacked
    self.isComplex = isComplex
  }

  /// Divides every matrix by its Frobenius norm, in place of the old ones, and returns the divisors.
  mutating func normalise() throws -> [Double] {
    let norms = try stacked.norm(2, [1, 2], keepingDimensions: true).maximum(.full(Rounding.floor, [], dtype: .float64))
    self = GramBatch(stacked: try stacked / norms, isComplex: isComplex)
    return try norms.doubles()
  }

  /// What a computed Frobenius norm has to be multiplied by to be no less than the true one.
  var normInflation: Double { 1 + Rounding.gamma(stacked.size(1) * stacked.size(2)) }

  /// A bound on ‖fl(BᴴB) − BᴴB‖₂ for the matrices B of norm 1: by γ‖B‖_F² in the real and in the imaginary part, and
  /// 2 > √2 makes room for norms a little above 1 and for underflow.
  var squaringError: Double { 2 * Rounding.gamma(stacked.size(1)) }

  /// Multiplications that `squared` takes.
  var squaringWork: Double {
    Double(stacked.count) * Double(stacked.size(2)) * (isComplex ? 2 : 1)
  }

  /// BᴴB of every matrix B = X + iY: real part XᵀX + YᵀY, imaginary part XᵀY − YᵀX.
  func squared() throws -> GramBatch {
    let columns = stacked.size(2)
    let transposed = try stacked.permuted([0, 2, 1])
    guard isComplex else { return GramBatch(stacked: try transposed.matmul(stacked), isComplex: false) }
    let rows = stacked.size(1) / 2
    let (x, y) = (try stacked.narrowed(1, from: 0, count: rows), try stacked.narrowed(1, from: rows, count: rows))
    let turned = try Tensor.concatenated([y, x.negated()], 1)
    let product = try transposed.matmul(Tensor.concatenated([stacked, turned], 2))
    let parts = try [0, columns].map { try product.narrowed(2, from: $0, count: columns) }
    return GramBatch(stacked: try Tensor.concatenated(parts, 1), isComplex: true)
  }

  func selecting(_ kept: [Int]) throws -> GramBatch {
    GramBatch(stacked: try stacked.selecting(0, Tensor(indices: kept)), isComplex: isComplex)
  }
}
