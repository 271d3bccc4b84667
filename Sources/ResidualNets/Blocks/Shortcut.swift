import RandomStreams
import TorchCore

/// S of a block that changes the shape: one convolution, with a norm behind it in post-activation.
public final class Shortcut: Module {
  let convolution: Conv2d
  let norm: (any Norm)?

  init(_ plan: ResNetBlockPlan, _ convolution: ConvolutionPlan, stream: RandomStream) throws {
    let network = plan.network
    self.convolution = try Conv2d(
      convolution, bias: false, budget: network.shortcut == .projection ? network.outerBudget : nil,
      constraint: network.constraint,
      initialization: network.shortcutInitialization, stream: stream.stream("downsample"))
    norm =
      network.block == .postActivation && network.shortcut == .projection
      ? try network.makeNorm(site: "\(plan.site).downsample.1", channels: convolution.outputs) : nil
  }

  func forward(_ h: Tensor, _ passage: Passage) throws -> Tensor {
    try passage.normalize(norm, passage.convolve(convolution, h))
  }

  func deployed(_ passage: Passage) throws -> [Stage] {
    let (folded, normalization) = try DeployedConvolution(convolution, passage).absorbing(passage.norm(norm))
    return try [folded.stage] + normalization
  }

  /// Makes the convolution the projection onto the principal components of the windows that it sees in `h`.
  func fitPrincipalComponents(_ h: Tensor) throws {
    try convolution.weight.value.assign(PrincipalComponents.kernel(of: convolution, seeing: h))
  }

  /// The windows of a state that its convolution sees, one row each, in float64.
  /// - Parameter h: N×C×H×W.
  public func windows(of h: Tensor) throws -> Tensor { try PrincipalComponents.windows(of: h, convolution) }

  public func visit(_ members: inout Members) {
    members.child("0", convolution)
    members.child("1", norm)
  }
}

extension NetworkDescription {
  var shortcutInitialization: Conv2d.Initialization {
    switch shortcut {
    case .projection: .he(scale: 1)
    case .orthonormal, .principalComponents: .orthonormal
    case .pooled: .pooled
    }
  }
}
