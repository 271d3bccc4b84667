import CTorchShim

extension Tensor {
  /// Singular values of each matrix in the last two dimensions, in descending order.
  public func singularValues() throws -> Tensor { try unary(sf_svdvals) }

  /// The reduced QR factors of a matrix.
  public func qr() throws -> (q: Tensor, r: Tensor) {
    try withPointer { pointer in try Tensor.yieldedPair { sf_qr(pointer, $0, $1) } }
  }

  /// The reduced singular value decomposition: matrix = u · diag(values) · v, values in descending order.
  public func singularValueDecomposition() throws -> (u: Tensor, values: Tensor, v: Tensor) {
    try withPointer { pointer in try Tensor.yieldedTriple { sf_svd(pointer, $0, $1, $2) } }
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

  /// The 2-d discrete Fourier transform of the last two dimensions, zero-padded to height×width. With `half`, just
  /// the height×(width/2+1) frequencies that determine a real input's spectrum.
  public func fourier2d(height: Int, width: Int, half: Bool = false) throws -> Tensor {
    try withPointer { pointer in try Tensor.yielded { sf_fft2(pointer, Int64(height), Int64(width), half, $0) } }
  }
}
