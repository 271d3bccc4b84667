import RandomStreams
import TorchCore

/// Two 3×3 convolutions, or a bottleneck of 1×1, 3×3 and 1×1, with their norms.
///
/// Activating first it is W₂ φ(N₂(W₁ φ(N₁(h)))) (He 2016b), else N₂(W₂ φ(N₁(W₁ h))) (He 2016a).
final class ConvolutionalBranch: Branch {
  private struct Layer {
    /// Its place, from 1, in PyTorch's names.
    let number: Int
    let convolution: Conv2d
    let norm: (any Norm)?
  }

  private let site: String
  private let layers: [Layer]
  private let activatesFirst: Bool
  /// φ.
  private let activation: Activation

  init(_ plan: ResNetBlockPlan, stream: RandomStream) throws {
    site = plan.branchSite
    let network = plan.network
    let activatesFirst = network.block.activatesFirst
    self.activatesFirst = activatesFirst
    activation = network.activation
    layers = try plan.branch.enumerated().map { index, layer in
      let isLast = index == plan.branch.count - 1
      let convolution = try Conv2d(
        layer, bias: network.norm == .none, budget: network.branchBudget, constraint: network.constraint,
        initialization: plan.initialization(ofLayer: index), stream: stream.stream("conv\(index + 1)"))
      let norm = try network.makeNorm(
        site: "\(plan.branchSite).bn\(index + 1)", channels: activatesFirst ? layer.inputs : layer.outputs)
      if isLast, !activatesFirst, network.startsAtZero { try norm?.startAtZero() }
      return Layer(number: index + 1, convolution: convolution, norm: norm)
    }
  }

  var convolutions: [Conv2d] { layers.map(\.convolution) }
  var norms: [any Norm] { layers.compactMap(\.norm) }

  func forward(_ h: Tensor, _ passage: Passage) throws -> Tensor {
    var x = h
    for layer in layers {
      if activatesFirst {
        x = try passage.convolve(layer.convolution, passage.activate(layer.norm, x, activation))
      } else {
        x = try passage.convolve(layer.convolution, x)
        let isLast = layer.number == layers.count
        x = try isLast ? passage.normalize(layer.norm, x) : passage.activate(layer.norm, x, activation)
      }
    }
    return x
  }

  func deployed(_ passage: Passage) throws -> [Stage] {
    try activatesFirst ? deployedActivatingFirst(passage) : deployedActivatingLast(passage)
  }

  /// The first norm moves through its ReLU into the convolution behind; each later one folds into the one before it.
  private func deployedActivatingFirst(_ passage: Passage) throws -> [Stage] {
    let entrance = try DeployedActivation(
      passage.norm(layers[0].norm), name: "\(site).bn1", activation, folds: passage.foldsNorms)
    var stages = entrance.stages
    var pending = try DeployedConvolution(layers[0].convolution, passage).scalingInputs(entrance.outputScale)
    for layer in layers.dropFirst() {
      let (folded, normalization) = try pending.absorbing(passage.norm(layer.norm))
      stages += try [folded.stage] + normalization + [activation.stage("\(site).", layer.number)]
      pending = try DeployedConvolution(layer.convolution, passage)
    }
    return try stages + [pending.stage]
  }

  private func deployedActivatingLast(_ passage: Passage) throws -> [Stage] {
    try layers.flatMap { layer in
      let (folded, normalization) = try DeployedConvolution(layer.convolution, passage).absorbing(
        passage.norm(layer.norm))
      let isLast = layer.number == layers.count
      return try [folded.stage] + normalization + (isLast ? [] : [activation.stage("\(site).", layer.number)])
    }
  }

  func visit(_ members: inout Members) {
    for layer in layers {
      if activatesFirst { members.child("bn\(layer.number)", layer.norm) }
      members.child("conv\(layer.number)", layer.convolution)
      if !activatesFirst { members.child("bn\(layer.number)", layer.norm) }
    }
  }
}
