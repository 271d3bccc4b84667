import RandomStreams
import TorchCore

/// W₂ GELU(W₁ LN h) for each token by itself, four times as wide inside.
///
/// Source: Vaswani et al. 2017; GELU in its exact form (Hendrycks & Gimpel 2016). Parameters have the names of
/// torchvision's encoder layer: `ln_2`, `mlp.0` and `mlp.3`, between which PyTorch counts GELU and dropout.
final class TokenBranch: Branch {
  /// Inner features for each outer one.
  static let ratio = 4

  private let site: String
  private let norm: (any Norm)?
  private let linear1: Linear
  private let linear2: Linear

  /// - Parameter layer: where the transformer layer sits, such as `layers.0`.
  init(layer: String, _ network: NetworkDescription, stream: RandomStream) throws {
    let (site, width, blocks) = ("\(layer).mlp", network.width, 2 * network.depth)
    self.site = site
    norm = try network.makeNorm(site: "\(layer).ln_2", channels: width)
    linear1 = try Linear(
      site: "\(site).0", inputs: width, outputs: Self.ratio * width,
      initialization: network.denseInitialization(isLast: false, blocks: blocks), stream: stream.stream("0"))
    linear2 = try Linear(
      site: "\(site).3", inputs: Self.ratio * width, outputs: width,
      initialization: network.denseInitialization(isLast: true, blocks: blocks), stream: stream.stream("3"))
  }

  var linears: [Linear] { [linear1, linear2] }
  var norms: [any Norm] { norm.map { [$0] } ?? [] }

  /// - Parameter h: N×T×D.
  func forward(_ h: Tensor, _ passage: Passage) throws -> Tensor {
    let inner = try passage.transform(linear1, passage.normalize(norm, h)).gelu()
    return try passage.transform(linear2, inner)
  }

  func deployed(_ passage: Passage) throws -> [Stage] {
    try passage.deployed(norm) + [
      passage.deployed(linear1), Stage("\(site).1", .gelu), passage.deployed(linear2),
    ]
  }

  func visit(_ members: inout Members) {
    members.child("ln_2", norm)
    members.child("mlp.0", linear1)
    members.child("mlp.3", linear2)
  }
}
