import RandomStreams
import ResidualNets
import TorchCore

/// The Lipschitz constant of one self-attention on the tokens that a layer norm lets through.
public struct AttentionBound: Sendable, Hashable {
  /// Of the attention, as in the network.
  public let name: String
  public let tokens: Int
  /// What the layer norm in front can make of any input.
  public let set: TokenSet
  /// Normalised tokens → outputs of the heads, input projection included; see ``SelfAttention/upperBound(tokens:in:)``.
  public let upper: Double
  /// The largest norm of a Jacobian that was found on the set.
  public let lower: Double
}

extension DeployedNetwork {
  /// The constant of each self-attention on its own inputs, in order: what stands between a layer norm and the output
  /// projection of a pre-norm transformer.
  ///
  /// Behind a layer norm tokens lie in a ball whatever the image is, so these bounds hold for every input. The layer
  /// norm itself is not part of them. Its constant, max|γ|/√ϵ (1000 max|γ| for ϵ = 10⁻⁶), would have to be multiplied
  /// in, block by block: the product for the network is finite, and of no use. That is why ``lipschitzBound`` refuses
  /// attention.
  /// - Parameter points: sequences on the border of the set, at random, at each of which a lower bound is looked for.
  /// - Returns: none for a network without such a layer; an attention without a layer norm in front has no stated set.
  /// - Throws: ``LipschitzError`` where a layer does not fit.
  public func attentionBounds(points: Int = 4, stream: RandomStream) throws -> [AttentionBound] {
    do {
      return try body.attentionBounds(SampleShape(lengths: inputShape), points: max(1, points), stream)
    } catch let error as ShapeError {
      throw LipschitzError.shape(layer: error.layer, reason: error.reason)
    }
  }
}

extension [Stage] {
  fileprivate func attentionBounds(
    _ input: SampleShape, points: Int, _ stream: RandomStream
  ) throws -> [AttentionBound] {
    var (shape, found) = (input, [AttentionBound]())
    for (place, stage) in enumerated() {
      switch stage.operation {
      case .residual(let shortcut, let branch, _):
        for part in [shortcut, branch] { found += try part.attentionBounds(shape, points: points, stream) }
      case .attention(let heads) where place >= 2:
        guard case .linear(let weight, let bias) = self[place - 1].operation,
          case .layerNorm(let gamma, let beta, _) = self[place - 2].operation
        else { break }
        let attention = try SelfAttention(name: stage.name, heads: heads, weight: weight, bias: bias)
        found.append(
          try attention.bound(
            tokens: shape.tokens(at: stage.name).count, in: TokenSet(behindLayerNorm: gamma, bias: beta),
            points: points, stream.stream(stage.name)))
      default: break
      }
      shape = try stage.outputShape(of: shape)
    }
    return found
  }
}

extension SelfAttention {
  fileprivate func bound(
    tokens count: Int, in set: TokenSet, points: Int, _ stream: RandomStream
  ) throws -> AttentionBound {
    let upper = try upperBound(tokens: count, in: set)
    let directions = try Tensor.normal([points, count, width], stream.stream("points"), dtype: .float64)
    // Behind a layer norm the features of a token sum to zero before they are scaled.
    let centred = try directions - directions.mean([-1], keepingDimensions: true)
    let lower = try lowerBound(at: set.border(along: centred), stream: stream.stream("directions"))
    return AttentionBound(name: name, tokens: count, set: set, upper: upper, lower: lower)
  }
}
