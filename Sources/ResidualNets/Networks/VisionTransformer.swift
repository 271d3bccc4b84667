import RandomStreams
import TorchCore

/// A pre-norm transformer on image patches: h₀ = patches W + positions, then in each layer h + Attn(LN h) and
/// h + MLP(LN h), and the mean of LN h over the tokens.
///
/// Source: Dosovitskiy et al. 2021, without a class token: the mean over tokens reads as well (Beyer et al. 2022). A
/// layer is two blocks, `layers.0.attention` and `layers.0.mlp`, each with an identity path of its own; their
/// parameters share the layer's prefix and have the names of torchvision's encoder layer.
final class VisionTransformer: Trunk {
  let description: NetworkDescription
  let inputShape: [Int]
  let featureCount: Int
  let blocks: [any Block]

  private let normalization: PixelNormalization
  /// A task's adapter leaves it alone: a 1×1 correction has no centre tap to merge into where windows do not overlap.
  private let projection: Conv2d
  /// T×D.
  private let positions: Parameter
  private let norm: (any Norm)?

  init(
    _ description: NetworkDescription, inputShape: [Int], statistics: PixelStatistics, stream: RandomStream
  ) throws {
    self.description = description
    self.inputShape = inputShape
    let (width, tokens) = (description.width, description.tokenCount(inputShape: inputShape))
    featureCount = description.readout == .pooled ? width : tokens * width
    normalization = try PixelNormalization(statistics)
    projection = try Conv2d(
      ConvolutionPlan(
        site: "conv_proj", inputs: inputShape[0], outputs: width, tiling: description.patch,
        inputSize: Array(inputShape[1...])),
      bias: true, stream: stream.stream("conv_proj"))
    positions = try Parameter(Tensor.normal([tokens, width], stream.stream("pos_embedding")) * 0.02)
    blocks = try Self.blocks(description, stream: stream)
    norm = try description.makeNorm(site: "ln", channels: width)
  }

  /// Attention and MLP of one layer after another.
  private static func blocks(_ network: NetworkDescription, stream: RandomStream) throws -> [any Block] {
    var shared: [any Branch]?
    return try (0..<network.depth).flatMap { index in
      let layer = "layers.\(index)"
      let own = stream.stream(layer)
      let branches =
        try shared ?? [
          AttentionBranch(layer: layer, network, stream: own.stream("self_attention")),
          TokenBranch(layer: layer, network, stream: own.stream("mlp")),
        ]
      if network.dynamics.shared { shared = branches }
      return try zip(["attention", "mlp"], branches).enumerated().map { place, part in
        let site = "\(layer).\(part.0)"
        let branch = network.leavingOut(part.1, site: site, index: 2 * index + place, of: 2 * network.depth)
        return try network.makeBlock(BlockParts(site: site, keepsShape: true, branch: branch, shortcut: nil, gate: nil))
      }
    }
  }

  var otherNorms: [any Norm] { norm.map { [$0] } ?? [] }

  func embed(_ pixels: Tensor, _ passage: Passage) throws -> Tensor {
    let image = try passage.convolve(projection, passage.enter(normalization, pixels))
    return try Stage("patches", .patches).apply(image) + positions.value.to(image.dtype)
  }

  func readout(_ h: Tensor, _ passage: Passage) throws -> Tensor {
    try reading.apply(passage.normalize(norm, h))
  }

  func deployedEmbedding(_ passage: Passage) throws -> [Stage] {
    try [
      normalization.deployed, DeployedConvolution(projection, passage).stage, Stage("patches", .patches),
      Stage("pos_embedding", .offset(positions.value.detached())),
    ]
  }

  func deployedReadout(_ passage: Passage) throws -> (stages: [Stage], featureScale: Tensor?) {
    (try passage.deployed(norm) + [reading], nil)
  }

  /// From tokens to features.
  private var reading: Stage {
    description.readout == .pooled ? Stage("mean", .tokenMean) : Stage("flatten", .flatten)
  }

  func visit(_ members: inout Members) {
    members.child("normalize", normalization)
    members.child("conv_proj", projection)
    members.parameter("pos_embedding", positions)
    for (index, block) in blocks.enumerated() { members.child("layers.\(index / 2)", block) }
    members.child("ln", norm)
  }
}
