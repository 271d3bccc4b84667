import RandomStreams
import TorchCore

/// W_o Attn(LN h) with Attn = softmax(Q Kᵀ/√d_h) V in each head, and (Q, K, V) = W_i LN h + b_i.
///
/// Source: Vaswani et al. 2017; the norm in front, as Dosovitskiy et al. 2021. Parameters have the names of
/// torchvision's encoder layer: `ln_1`, `self_attention.in_proj_weight` (3D×D), `self_attention.out_proj`.
final class AttentionBranch: Branch {
  private let site: String
  private let heads: Int
  private let norm: (any Norm)?
  /// W_i, whose 3D outputs are queries, keys and values in this order.
  private let input: Linear
  /// W_o.
  private let output: Linear

  /// - Parameter layer: where the transformer layer sits, such as `layers.0`.
  init(layer: String, _ network: NetworkDescription, stream: RandomStream) throws {
    let (site, width, blocks) = ("\(layer).self_attention", network.width, 2 * network.depth)
    self.site = site
    heads = network.heads
    norm = try network.makeNorm(site: "\(layer).ln_1", channels: width)
    input = try Linear(
      site: "\(site).in_proj", inputs: width, outputs: 3 * width,
      initialization: network.denseInitialization(isLast: false, blocks: blocks), stream: stream.stream("in_proj"))
    output = try Linear(
      site: "\(site).out_proj", inputs: width, outputs: width,
      initialization: network.denseInitialization(isLast: true, blocks: blocks), stream: stream.stream("out_proj"))
  }

  var linears: [Linear] { [input, output] }
  var norms: [any Norm] { norm.map { [$0] } ?? [] }

  /// - Parameter h: N×T×D.
  func forward(_ h: Tensor, _ passage: Passage) throws -> Tensor {
    let projected = try passage.transform(input, passage.normalize(norm, h))
    return try passage.transform(output, projected.selfAttention(heads: heads))
  }

  func deployed(_ passage: Passage) throws -> [Stage] {
    try passage.deployed(norm) + [
      passage.deployed(input), Stage(site, .attention(heads: heads)), passage.deployed(output),
    ]
  }

  func visit(_ members: inout Members) {
    members.child("ln_1", norm)
    // PyTorch keeps the three input projections as one parameter of the attention itself.
    members.parameter("self_attention.in_proj_weight", input.weight)
    members.parameter("self_attention.in_proj_bias", input.bias)
    members.child("self_attention.out_proj", output)
  }
}

extension Tensor {
  /// softmax(Q Kᵀ/√d_h) V in each head of queries, keys and values side by side: N×T×3D → N×T×D, d_h = D/heads.
  func selfAttention(heads: Int) throws -> Tensor {
    let (samples, tokens, width) = (size(0), size(1), size(2) / 3)
    let size = width / heads
    /// Query, key or value of every head: N×heads×T×d_h.
    func part(_ index: Int) throws -> Tensor {
      try narrowed(2, from: index * width, count: width).reshaped([samples, tokens, heads, size])
        .permuted([0, 2, 1, 3])
    }
    let keys = try part(1).permuted([0, 1, 3, 2])
    let scores = try (part(0) / Double(size).squareRoot()).matmul(keys)
    return try scores.softmax(-1).matmul(part(2)).permuted([0, 2, 1, 3]).reshaped([samples, tokens, width])
  }
}
