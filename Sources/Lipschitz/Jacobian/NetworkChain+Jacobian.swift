import TorchCore

extension NetworkChain {
  /// ‖∂loss/∂h_l‖ for l = 0 … L: the root of the mean over samples of the squared norms of each sample's own gradient,
  /// the loss being cross-entropy.
  /// - Parameters:
  ///   - x: N×….
  ///   - labels: N, int64.
  /// - Throws: ``JacobianError`` where gradients are off or samples do not correspond, and what the functions of the chain
  ///   throw.
  public func gradientNorms(_ x: Tensor, labels: Tensor) throws -> [Double] {
    try stateGradients(x, labels: labels).norms()
  }
}
