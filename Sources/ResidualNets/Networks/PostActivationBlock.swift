import RandomStreams
import TorchCore

/// h ← φ(N(S h) + N₂(W₂ φ(N₁(W₁ h)))), with the identity for N∘S where the shape allows. Source: He et al. 2016a.
final class PostActivationBlock: ResidualBlock {
  let site: String
  let conv1: Conv2d
  let norm1: (any Norm)?
  let conv2: Conv2d
  let norm2: (any Norm)?
  let projection: Conv2d?
  let shortcutNorm: (any Norm)?

  init(_ specification: BlockSpecification, stream: RandomStream) throws {
    site = specification.site
    conv1 = try specification.convolution1(stream)
    norm1 = try specification.network.makeNorm(site: "\(site).bn1", channels: specification.outputs)
    conv2 = try specification.convolution2(inputSize: conv1.outputSize, stream)
    norm2 = try specification.network.makeNorm(site: "\(site).bn2", channels: specification.outputs)
    projection = try specification.projection(stream)
    shortcutNorm =
      projection == nil
      ? nil : try specification.network.makeNorm(site: "\(site).downsample.1", channels: specification.outputs)
  }

  func forward(_ h: Tensor, _ passage: Passage) throws -> Tensor {
    let inner = try passage.normalize(norm1, passage.convolve(conv1, h)).relu()
    let branch = try passage.normalize(norm2, passage.convolve(conv2, inner))
    let shortcut = try projection.map { try passage.normalize(shortcutNorm, passage.convolve($0, h)) } ?? h
    return try (shortcut + branch).relu()
  }

  func deployed(_ passage: Passage) throws -> [Stage] {
    let (inner, normalization1) = try DeployedConvolution(conv1, passage).absorbing(passage.norm(norm1))
    let (outer, normalization2) = try DeployedConvolution(conv2, passage).absorbing(passage.norm(norm2))
    let branch = try [inner.stage] + normalization1 + [Stage("\(site).relu1", .relu), outer.stage] + normalization2
    var shortcut: [Stage] = []
    if let projection {
      let (folded, normalization) = try DeployedConvolution(projection, passage).absorbing(passage.norm(shortcutNorm))
      shortcut = try [folded.stage] + normalization
    }
    return [
      Stage(site, .residual(shortcut: shortcut, branch: branch, branchScale: 1)), Stage("\(site).relu2", .relu),
    ]
  }

  func visit(_ members: inout Members) {
    members.child("conv1", conv1)
    members.child("bn1", norm1)
    members.child("conv2", conv2)
    members.child("bn2", norm2)
    members.child("downsample.0", projection)
    members.child("downsample.1", shortcutNorm)
  }
}
