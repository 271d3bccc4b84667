import CTorchShim

extension Tensor {
  /// Singular values of each matrix in the last two dimensions, in descending order.
  public func singularValues() throws -> Tensor { try unary(sf_svdvals) }

  /// The reduced QR factors of a matrix.
  public func qr() throws -> (q: Tensor, r: Tensor) {
    try withPointer { pointer in try Tensor.yieldedPair { sf_qr(pointer, $0, $1) } }
  }

  /// The 2-d discrete Fourier transform of the last two dimensions, zero-padded to height×width. With `half`, just
  /// the height×(width/2+1) frequencies that determine a real input's spectrum.
  public func fourier2d(height: Int, width: Int, half: Bool = false) throws -> Tensor {
    try withPointer { pointer in try Tensor.yielded { sf_fft2(pointer, Int64(height), Int64(width), half, $0) } }
  }
}
