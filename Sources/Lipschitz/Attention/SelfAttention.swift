import OperatorNorms
import RandomStreams
import ResidualNets
import TorchCore

/// Dot-product self-attention with its projections, from tokens T×D to the heads' outputs side by side, T×D:
///
///     f_i = Σ_j p_ij v_j,  p_i = softmax_j(⟨q_i, k_j⟩/√d),  (q, k, v)_i = W x_i + b, d = D/heads
///
/// It has no Lipschitz constant over all tokens (Kim, Papamakarios and Mnih 2021), and one on every bounded set.
public struct SelfAttention {
  public let name: String
  public let heads: Int
  /// W, 3D×D: queries, keys and values in this order, each head by head.
  let weight: Tensor
  /// b, 3D.
  let bias: Tensor?

  /// D.
  public var width: Int { weight.size(1) }

  /// - Parameters:
  ///   - weight: 3D×D.
  ///   - bias: 3D.
  /// - Throws: ``LipschitzError`` where the shapes do not fit, or a number is not finite.
  public init(name: String, heads: Int, weight: Tensor, bias: Tensor?) throws {
    guard weight.rank == 2, weight.size(1) > 0, weight.size(0) == 3 * weight.size(1), heads > 0,
      weight.size(1).isMultiple(of: heads), bias.map({ $0.shape == [weight.size(0)] }) ?? true
    else {
      throw LipschitzError.shape(
        layer: name,
        reason: "queries, keys and values of \(heads) heads are no weight of \(weight.shape) with a bias of "
          + "\(bias?.shape ?? [])")
    }
    (self.name, self.heads) = (name, heads)
    do {
      self.weight = try weight.detached().exactDoubles()
      self.bias = try bias?.detached().exactDoubles()
    } catch let error as OperatorNormError {
      throw LipschitzError.unboundable(layer: name, reason: error.description)
    }
  }

  /// N×T×D → N×T×D, in double precision.
  public func apply(_ tokens: Tensor) throws -> Tensor {
    try [
      Stage("\(name).in_proj", .linear(weight: weight, bias: bias)), Stage(name, .attention(heads: heads)),
    ].apply(tokens)
  }

  /// From below: the largest singular value of the Jacobian at some sequences, by power iteration; true up to the
  /// rounding of double precision.
  /// - Parameter tokens: N×T×D.
  /// - Throws: ``JacobianError`` for no sequences, and where gradients are off.
  public func lowerBound(at tokens: Tensor, iterations: Int = 20, stream: RandomStream) throws -> Double {
    try largestSingularValues(at: tokens.to(.float64), iterations: iterations, stream: stream, apply).max() ?? 0
  }

  /// Of one head the rows W_q, W_k or W_v, d×D, and their bias, d×1.
  enum Part: Int { case query, key, value }

  func rows(_ part: Part, ofHead head: Int) throws -> (weight: Tensor, bias: Tensor?) {
    let size = width / heads
    let start = part.rawValue * width + head * size
    return try (
      weight.narrowed(0, from: start, count: size),
      bias?.narrowed(0, from: start, count: size).reshaped([size, 1])
    )
  }

  /// W_v of all heads.
  var values: Tensor { get throws { try weight.narrowed(0, from: 2 * width, count: width) } }
}
