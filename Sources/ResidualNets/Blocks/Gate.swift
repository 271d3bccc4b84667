import RandomStreams
import TorchCore

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
