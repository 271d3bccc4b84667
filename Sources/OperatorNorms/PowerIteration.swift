import TorchCore

/// One step of power iteration a training step, for training under a spectral constraint.
///
/// With u = Av/‖Av‖ held constant, σ = ⟨u, A_W v⟩ is linear in the weight W and its gradient is that of the largest
/// singular value once v has converged (Miyato et al. 2018, but with the true zero-padded operator as A). σ is an
/// estimate from below; bounds come from ``OperatorNorm``.
public enum PowerIteration {
  /// - Parameter v: 1×in×H×W, of norm 1.
  /// - Returns: the next v, and σ (a scalar) as a differentiable function of the operator's weight.
  public static func step(_ convolution: ConvolutionOperator, v: Tensor) throws -> (next: Tensor, sigma: Tensor) {
    try step(v, apply: convolution.apply, adjoint: convolution.adjoint)
  }

  /// - Parameters:
  ///   - matrix: out×in.
  ///   - v: in, of norm 1.
  /// - Returns: the next v, and σ (a scalar) as a differentiable function of the matrix.
  public static func step(matrix: Tensor, v: Tensor) throws -> (next: Tensor, sigma: Tensor) {
    try step(
      v,
      apply: { try matrix.matmul($0.reshaped([-1, 1])) },
      adjoint: { try matrix.transposed().matmul($0).reshaped([-1]) })
  }

  private static func step(
    _ v: Tensor, apply: (Tensor) throws -> Tensor, adjoint: (Tensor) throws -> Tensor
  ) throws -> (next: Tensor, sigma: Tensor) {
    let image = try apply(v.detached())
    let (u, next) = try withoutGradients {
      let u = try normalised(image.detached())
      return (u, try normalised(adjoint(u)))
    }
    return (next, try (u * image).sum())
  }

  /// x/‖x‖, and 0 for 0.
  private static func normalised(_ x: Tensor) throws -> Tensor { try x / (x.norm() + 1e-30) }
}
