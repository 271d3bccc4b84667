import CTorchShim

extension Tensor {
  /// Singular values of each matrix in the last two dimensions, in descending order.
  public func singularValues() throws -> Tensor { try unary(sf_svdvals) }

  /// The reduced QR factors of a matrix.
  public func qr() throws -> (q: Tensor, r: Tensor) {
    try withPointer { pointer in try Tensor.yieldedPair { sf_qr(pointer, $0, $1) } }
  }

  /// The eigenvalues of a square matrix, in no particular order.
  public func eigenvalues() throws -> (real: Tensor, imaginary: Tensor) {
    try withPointer { pointer in try Tensor.yieldedPair { sf_eigvals(pointer, $0, $1) } }
  }

  /// Eigenvalues of a symmetric matrix in ascending order, and eigenvectors as columns; the lower triangle is read.
  public func symmetricEigenvectors() throws -> (values: Tensor, vectors: Tensor) {
    try withPointer { pointer in try Tensor.yieldedPair { sf_eigh(pointer, $0, $1) } }
  }

  /// x with self · x = right, for a square matrix (batched over leading dimensions) and a right side of one or more
  /// columns.
  /// - Throws: `TorchError` where the matrix is singular.
  public func solved(for right: Tensor) throws -> Tensor { try binary(right, sf_solve) }
}
