import RandomStreams
import TorchCore

/// h ← S h + W₂ φ(N₂(W₁ φ(N₁(h)))), with S the identity where the shape allows. Source: He et al. 2016b.
final class PreActivationBlock: ResidualBlock {
  let site: String
  let norm1: (any Norm)?
  let conv1: Conv2d
  let norm2: (any Norm)?
  let conv2: Conv2d
  let projection: Conv2d?
  var shortcutNorm: (any Norm)? { nil }

  init(_ specification: BlockSpecification, stream: RandomStream) throws {
    site = specification.site
    norm1 = try specification.network.makeNorm(site: "\(site).bn1", channels: specification.inputs)
    conv1 = try specification.convolution1(stream)
    norm2 = try specification.network.makeNorm(site: "\(site).bn2", channels: specification.outputs)
    conv2 = try specification.convolution2(inputSize: conv1.outputSize, stream)
    projection = try specification.projection(stream)
  }

  func forward(_ h: Tensor, _ passage: Passage) throws -> Tensor {
    let activated = try passage.normalize(norm1, h).relu()
    let inner = try passage.normalize(norm2, passage.convolve(conv1, activated)).relu()
    let shortcut = try projection.map { try passage.convolve($0, h) } ?? h
    return try shortcut + passage.convolve(conv2, inner)
  }

  func deployed(_ passage: Passage) throws -> [Stage] {
    let activation = try DeployedActivation(passage.norm(norm1), name: "\(site).bn1")
    let first = try DeployedConvolution(conv1, passage).scalingInputs(activation.outputScale)
    let (inner, normalization) = try first.absorbing(passage.norm(norm2))
    let branch =
      try activation.stages + [inner.stage] + normalization + [Stage("\(site).relu2", .relu)]
      + [DeployedConvolution(conv2, passage).stage]
    let shortcut = try projection.map { [try DeployedConvolution($0, passage).stage] } ?? []
    return [Stage(site, .residual(shortcut: shortcut, branch: branch, branchScale: 1))]
  }

  func visit(_ members: inout Members) {
    members.child("bn1", norm1)
    members.child("conv1", conv1)
    members.child("bn2", norm2)
    members.child("conv2", conv2)
    members.child("downsample.0", projection)
  }
}
