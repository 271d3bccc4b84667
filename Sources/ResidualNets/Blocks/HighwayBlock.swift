import RandomStreams
import TorchCore

/// h ← (1 − T) ⊙ S h + T ⊙ F(h) with T = σ(W_T S h + b_T): a gate that the network may close. Source: Srivastava et al.
/// 2015.
final class HighwayBlock: Block {
  let site: String
  let branch: any Branch
  let shortcut: Shortcut?
  private let gate: Gate

  /// - Throws: `DescriptionError` where the parts come without a gate.
  init(_ parts: BlockParts) throws {
    guard let gate = parts.gate else { throw DescriptionError("highway block '\(parts.site)' has no gate") }
    site = parts.site
    branch = parts.branch
    shortcut = parts.shortcut
    self.gate = gate
  }

  func forward(_ h: Tensor, _ passage: Passage) throws -> Tensor {
    let carried = try passed(h, passage)
    let t = try gate.forward(carried, passage).sigmoid()
    return try carried + t * (branch.forward(h, passage) - carried)
  }

  func deployed(_ passage: Passage) throws -> [Stage] {
    try [
      Stage(
        site,
        .highway(
          shortcut: shortcut?.deployed(passage) ?? [], gate: [gate.deployed(passage)], branch: branch.deployed(passage))
      )
    ]
  }

  func visit(_ members: inout Members) {
    members.include(branch)
    members.child("downsample", shortcut)
    members.child("gate", gate)
  }
}

/// W_T and b_T: a 1×1 convolution over an image, a linear layer over features.
final class Gate: Module {
  private enum Layer {
    case convolution(Conv2d)
    case linear(Linear)
  }

  private let layer: Layer

  /// - Parameter bias: where b_T starts; strongly negative keeps the gate closed and the block near its shortcut.
  init(_ plan: ConvolutionPlan, bias: Double, stream: RandomStream) throws {
    let convolution = try Conv2d(plan, bias: true, stream: stream)
    try convolution.bias?.value.assign(Tensor.full(bias, [plan.outputs]))
    layer = .convolution(convolution)
  }

  /// The gate of `width` features.
  init(site: String, width: Int, bias: Double, stream: RandomStream) throws {
    let linear = try Linear(site: site, inputs: width, outputs: width, stream: stream)
    try linear.bias.value.assign(Tensor.full(bias, [width]))
    layer = .linear(linear)
  }

  func forward(_ h: Tensor, _ passage: Passage) throws -> Tensor {
    switch layer {
    case .convolution(let layer): try layer.forward(h, passage.mode)
    case .linear(let layer): try layer.forward(h, passage.mode)
    }
  }

  func deployed(_ passage: Passage) throws -> Stage {
    switch layer {
    case .convolution(let layer): try DeployedConvolution(layer, passage).stage
    case .linear(let layer): try passage.deployed(layer)
    }
  }

  func visit(_ members: inout Members) {
    switch layer {
    case .convolution(let layer): members.include(layer)
    case .linear(let layer): members.include(layer)
    }
  }
}
