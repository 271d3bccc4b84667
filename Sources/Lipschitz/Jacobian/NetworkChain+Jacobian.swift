import RandomStreams
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

  /// The largest singular value of each step's own Jacobian at the states of x: step × sample.
  /// - Parameter x: N×….
  /// - Throws: as ``JacobianProducts``, of each step.
  public func stepNorms(_ x: Tensor, iterations: Int = 30, stream: RandomStream) throws -> [[Double]] {
    let states = try withoutGradients { try self.states(x) }
    return try steps.enumerated().map { index, step in
      try largestSingularValues(
        at: states[index], iterations: iterations, stream: stream.stream(index), step.apply)
    }
  }

  /// The largest singular value of ∂h_L/∂h₀, the product of the steps' Jacobians, at each sample.
  /// - Parameter x: N×….
  /// - Throws: as ``JacobianProducts``, of the steps together.
  public func endToEndNorms(_ x: Tensor, iterations: Int = 30, stream: RandomStream) throws -> [Double] {
    let first = try withoutGradients { try embed(x) }
    return try largestSingularValues(at: first, iterations: iterations, stream: stream) { try advanced($0, from: 0) }
  }
}
