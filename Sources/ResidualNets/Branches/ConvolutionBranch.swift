import RandomStreams
import TorchCore

/// W ∗ h + b. Its members have the names of the block that it is.
final class ConvolutionBranch: Branch {
  private let convolution: Conv2d

  init(_ plan: ConvolutionPlan, _ network: NetworkDescription, budget: Double?, stream: RandomStream) throws {
    convolution = try Conv2d(
      plan, bias: true, budget: budget, constraint: network.constraint,
      initialization: network.initialization == .automatic ? .uniform : .he(scale: 1), stream: stream)
  }

  var convolutions: [Conv2d] { [convolution] }

  func forward(_ h: Tensor, _ passage: Passage) throws -> Tensor { try passage.convolve(convolution, h) }

  func deployed(_ passage: Passage) throws -> [Stage] { [try DeployedConvolution(convolution, passage).stage] }

  func visit(_ members: inout Members) { members.include(convolution) }
}
