import RandomStreams
import TorchCore

/// A convolutional network of blocks: CIFAR-style of depth 6n+2, with a 3×3 stem and three stages, or torchvision's,
/// with a 7×7 stem, a max pool and four. Each stage doubles the channels and, but for the first, halves the resolution.
/// Source: He et al. 2016a,b.
final class ResNet: Trunk {
  let description: NetworkDescription
  let inputShape: [Int]
  let featureCount: Int
  let blocks: [any Block]

  private let normalization: PixelNormalization
  private let stem: Conv2d
  private let poolsBehindStem: Bool
  /// Behind the stem where the blocks activate last, before the readout where they activate first.
  private let outerNorm: (any Norm)?

  private var activatesFirst: Bool { description.block.activatesFirst }

  init(
    _ description: NetworkDescription, inputShape: [Int], statistics: PixelStatistics, stream: RandomStream
  ) throws {
    self.description = description
    self.inputShape = inputShape
    let plan = ResNetPlan(description, inputShape: inputShape)
    normalization = try PixelNormalization(statistics)
    stem = try Conv2d(
      plan.stem, bias: description.norm == .none, budget: description.outerBudget, constraint: description.constraint,
      stream: stream.stream("conv1"))
    poolsBehindStem = plan.poolsBehindStem
    var branches: [String: any Branch] = [:]
    blocks = try plan.blocks.map { block in
      let branch =
        try branches[block.branchSite] ?? ConvolutionalBranch(block, stream: stream.stream(block.branchSite))
      branches[block.branchSite] = description.dynamics.shared ? branch : nil
      return try description.makeBlock(
        BlockParts(block, branch: branch, description, stream: stream.stream(block.site)))
    }
    outerNorm = try description.makeNorm(
      site: description.block.activatesFirst ? "bn" : "bn1",
      channels: description.block.activatesFirst ? plan.channels : description.width)
    featureCount = description.readout == .pooled ? plan.channels : plan.channels * plan.size[0] * plan.size[1]
  }

  var otherConvolutions: [Conv2d] { [stem] }
  var otherNorms: [any Norm] { outerNorm.map { [$0] } ?? [] }

  func embed(_ pixels: Tensor, _ passage: Passage) throws -> Tensor {
    var h = try passage.convolve(stem, passage.enter(normalization, pixels))
    if !activatesFirst { h = try passage.activate(outerNorm, h, description.activation) }
    return poolsBehindStem ? try h.maxPool2d(kernel: 3, stride: 2, padding: 1) : h
  }

  func readout(_ h: Tensor, _ passage: Passage) throws -> Tensor {
    let x = activatesFirst ? try passage.activate(outerNorm, h, description.activation) : h
    return try description.readout == .pooled ? x.globalAveragePool() : x.flattened()
  }

  func deployedEmbedding(_ passage: Passage) throws -> [Stage] {
    let pool = poolsBehindStem ? [Stage("maxpool", .maxPool(kernel: 3, stride: 2, padding: 1))] : []
    let convolution = try DeployedConvolution(stem, passage)
    guard !activatesFirst else { return try [normalization.deployed, convolution.stage] + pool }
    let (folded, remainder) = try convolution.absorbing(passage.norm(outerNorm))
    return try [normalization.deployed, folded.stage] + remainder + [description.activation.stage()] + pool
  }

  func deployedReadout(_ passage: Passage) throws -> (stages: [Stage], featureScale: Tensor?) {
    let readout = description.readout == .pooled ? Stage("pool", .globalAveragePool) : Stage("flatten", .flatten)
    guard activatesFirst else { return ([readout], nil) }
    let activation = try DeployedActivation(
      passage.norm(outerNorm), name: "bn", description.activation, folds: passage.foldsNorms)
    return (activation.stages + [readout], try activation.outputScale.map(scaleOfFeatures))
  }

  /// A factor per channel as a factor per feature.
  private func scaleOfFeatures(_ perChannel: Tensor) throws -> Tensor {
    let positions = featureCount / perChannel.count
    return try perChannel.reshaped([-1, 1]).expanded([perChannel.count, positions]).reshaped([-1])
  }

  func visit(_ members: inout Members) {
    members.child("normalize", normalization)
    members.child("conv1", stem)
    members.child(activatesFirst ? "bn" : "bn1", outerNorm)
    for block in blocks { members.child(block.site, block) }
  }
}

extension BlockParts {
  /// The parts of a convolutional block around its branch.
  fileprivate init(
    _ plan: ResNetBlockPlan, branch: any Branch, _ network: NetworkDescription, stream: RandomStream
  ) throws {
    site = plan.site
    keepsShape = plan.keepsShape
    self.branch = network.leavingOut(branch, site: plan.site, index: plan.index, of: plan.count)
    shortcut = try plan.shortcut.map { try Shortcut(plan, $0, stream: stream) }
    gate = try plan.gate.map { try Gate($0, bias: network.dynamics.gateBias, stream: stream.stream("gate")) }
  }
}
