import RandomStreams
import TorchCore

/// h_l = pool(φ(W_l ∗ h_{l−1} + b_l)), then φ(W h + b) of everything: what most published figures of robust training on
/// small images are measured on.
final class Convnet: Trunk {
  let description: NetworkDescription
  let inputShape: [Int]
  let blocks: [any Block]
  let featureCount: Int

  private let normalization: PixelNormalization
  private let hidden: [Linear]

  /// φ.
  private var activation: Activation { description.activation }

  init(
    _ description: NetworkDescription, inputShape: [Int], statistics: PixelStatistics, stream: RandomStream
  ) throws {
    self.description = description
    self.inputShape = inputShape
    let plan = ConvnetPlan(description, inputShape: inputShape)
    featureCount = plan.features
    normalization = try PixelNormalization(statistics)
    blocks = try plan.convolutions.enumerated().map { index, convolution in
      let branch = try ConvolutionBranch(
        convolution.layer, description, budget: index == 0 ? description.outerBudget : description.branchBudget,
        stream: stream.stream(convolution.layer.site))
      return ConvolutionBlock(
        BlockParts(
          site: convolution.layer.site, keepsShape: convolution.keepsShape, branch: branch, shortcut: nil, gate: nil),
        activation: description.activation, pool: convolution.pool)
    }
    hidden = try plan.hidden.map { layer in
      try Linear(
        site: layer.site, inputs: layer.inputs, outputs: layer.outputs, budget: description.branchBudget,
        constraint: description.constraint,
        initialization: description.denseInitialization(isLast: false, blocks: description.depth),
        stream: stream.stream(layer.site))
    }
  }

  var otherLinears: [Linear] { hidden }

  func embed(_ pixels: Tensor, _ passage: Passage) throws -> Tensor { try passage.enter(normalization, pixels) }

  func readout(_ h: Tensor, _ passage: Passage) throws -> Tensor {
    let flat = try description.readout == .pooled ? h.globalAveragePool() : h.flattened()
    return try hidden.reduce(flat) { try activation.apply(passage.transform($1, $0)) }
  }

  func deployedEmbedding(_ passage: Passage) throws -> [Stage] { [normalization.deployed] }

  func deployedReadout(_ passage: Passage) throws -> (stages: [Stage], featureScale: Tensor?) {
    let flat = description.readout == .pooled ? Stage("pool", .globalAveragePool) : Stage("flatten", .flatten)
    let layers = try hidden.flatMap { [try passage.deployed($0), activation.stage("\($0.site).")] }
    return ([flat] + layers, nil)
  }

  func visit(_ members: inout Members) {
    members.child("normalize", normalization)
    for block in blocks { members.child(block.site, block) }
    for layer in hidden { members.child(layer.site, layer) }
  }
}
