import RandomStreams
import TorchCore

/// A CIFAR-style residual network of depth 6n+2: a 3×3 stem, three stages of n blocks at widths w, 2w, 4w (the second and
/// third halve the resolution), and either the mean over positions or all of them as features. Source: He et al. 2016a,b.
final class ResNet: Trunk {
  let description: NetworkDescription
  let inputShape: [Int]
  let featureCount: Int

  private let normalization: PixelNormalization
  private let stem: Conv2d
  /// After the stem in post-activation, before the readout in pre-activation.
  private let outerNorm: (any Norm)?
  private let blocks: [(name: String, block: any ResidualBlock)]

  private var isPreActivation: Bool { description.family == .preActivationResNet }

  init(
    _ description: NetworkDescription, inputShape: [Int], statistics: PixelStatistics, stream: RandomStream
  ) throws {
    self.description = description
    self.inputShape = inputShape
    let preActivation = description.family == .preActivationResNet
    normalization = try PixelNormalization(statistics)
    stem = try Conv2d(
      site: "conv1", inputs: inputShape[0], outputs: description.width, kernel: 3, inputSize: Array(inputShape[1...]),
      bias: description.norm == .none, budget: description.branchBudget == nil ? nil : 1,
      stream: stream.stream("conv1"))

    var blocks: [(name: String, block: any ResidualBlock)] = []
    var channels = description.width
    var size = stem.outputSize
    for stage in 0..<3 {
      for index in 0..<(description.depth - 2) / 6 {
        let name = "layer\(stage + 1).\(index)"
        let specification = BlockSpecification(
          site: name, inputs: channels, outputs: description.width << stage, stride: stage > 0 && index == 0 ? 2 : 1,
          inputSize: size, network: description)
        let block: any ResidualBlock =
          preActivation
          ? try PreActivationBlock(specification, stream: stream.stream(name))
          : try PostActivationBlock(specification, stream: stream.stream(name))
        blocks.append((name, block))
        channels = specification.outputs
        size = block.conv1.outputSize
      }
    }
    self.blocks = blocks
    outerNorm = try description.makeNorm(
      site: preActivation ? "bn" : "bn1", channels: preActivation ? channels : description.width)
    featureCount = description.readout == .pooled ? channels : channels * size[0] * size[1]
  }

  var adaptableConvolutions: [Conv2d] { [stem] + blocks.flatMap { [$0.block.conv1, $0.block.conv2] } }

  var adaptableLinears: [Linear] { [] }

  var norms: [any Norm] {
    [outerNorm].compactMap { $0 }
      + blocks.flatMap { [$0.block.norm1, $0.block.norm2, $0.block.shortcutNorm].compactMap { $0 } }
  }

  func features(_ pixels: Tensor, _ passage: Passage) throws -> Tensor {
    var h = try passage.convolve(stem, normalization.forward(pixels))
    if !isPreActivation { h = try passage.normalize(outerNorm, h).relu() }
    for (_, block) in blocks { h = try block.forward(h, passage) }
    if isPreActivation { h = try passage.normalize(outerNorm, h).relu() }
    return try description.readout == .pooled ? h.globalAveragePool() : h.flattened()
  }

  func deployedBody(_ passage: Passage) throws -> (stages: [Stage], featureScale: Tensor?) {
    let body = try blocks.flatMap { try $0.block.deployed(passage) }
    let readout = description.readout == .pooled ? Stage("pool", .globalAveragePool) : Stage("flatten", .flatten)
    if isPreActivation {
      let activation = try DeployedActivation(passage.norm(outerNorm), name: "bn")
      let stages =
        try [normalization.deployed, DeployedConvolution(stem, passage).stage] + body + activation.stages + [readout]
      return (stages, try activation.outputScale.map(scaleOfFeatures))
    }
    let (folded, remainder) = try DeployedConvolution(stem, passage).absorbing(passage.norm(outerNorm))
    return try ([normalization.deployed, folded.stage] + remainder + [Stage("relu", .relu)] + body + [readout], nil)
  }

  /// A factor per channel as a factor per feature.
  private func scaleOfFeatures(_ perChannel: Tensor) throws -> Tensor {
    let positions = featureCount / perChannel.count
    return try perChannel.reshaped([-1, 1]).expanded([perChannel.count, positions]).reshaped([-1])
  }

  func visit(_ members: inout Members) {
    members.child("normalize", normalization)
    members.child("conv1", stem)
    members.child(isPreActivation ? "bn" : "bn1", outerNorm)
    for (name, block) in blocks { members.child(name, block) }
  }
}
