/// Sizes and names of one block of a ResNet.
struct ResNetBlockPlan {
  let network: NetworkDescription
  let site: String
  /// Where the branch's layers are named; another block's site where branches are shared.
  let branchSite: String
  /// Its place among all blocks of the network.
  let index: Int
  let count: Int
  let branch: [ConvolutionPlan]
  /// Nil where the shortcut is the identity, or where there is none.
  let shortcut: ConvolutionPlan?
  let gate: ConvolutionPlan?

  let keepsShape: Bool
  /// Channels, and height and width, of the block's output.
  let outputs: Int
  let outputSize: [Int]

  init(
    _ network: NetworkDescription, site: String, sharing shared: String?, index: Int, count: Int, inputs: Int,
    stage: ResNetPlan.StageShape, stride: Int, inputSize: [Int]
  ) {
    (self.network, self.site, self.index, self.count) = (network, site, index, count)
    branchSite = shared ?? site
    outputs = stage.outputs

    let projection = ConvolutionPlan(
      site: "\(site).downsample.0", inputs: inputs, outputs: outputs, kernel: 1, stride: stride, inputSize: inputSize)
    outputSize = projection.outputSize
    keepsShape = stride == 1 && inputs == outputs
    switch network.shortcut {
    case _ where keepsShape || network.block == .plain: shortcut = nil
    case .projection: shortcut = projection
    case .orthonormal, .principalComponents, .pooled:
      shortcut = ConvolutionPlan(
        site: projection.site, inputs: inputs, outputs: outputs, tiling: stride, inputSize: inputSize)
    }

    gate =
      network.block == .highway
      ? ConvolutionPlan(site: "\(site).gate", inputs: outputs, outputs: outputs, kernel: 1, inputSize: outputSize) : nil

    // An implicit step looks for its root behind the shortcut, so its branch keeps the shape.
    branch =
      network.block == .backwardEuler
      ? Self.layers(branchSite, stage, inputs: outputs, stride: 1, inputSize: outputSize)
      : Self.layers(branchSite, stage, inputs: inputs, stride: stride, inputSize: inputSize)
  }

  private static func layers(
    _ site: String, _ stage: ResNetPlan.StageShape, inputs: Int, stride: Int, inputSize: [Int]
  ) -> [ConvolutionPlan] {
    // The stride of a bottleneck lies in its 3×3 convolution, as torchvision has it.
    let steps: [(kernel: Int, outputs: Int, stride: Int)] =
      stage.isBottleneck
      ? [(1, stage.inner, 1), (3, stage.inner, stride), (1, stage.outputs, 1)]
      : [(3, stage.outputs, stride), (3, stage.outputs, 1)]
    var (channels, size) = (inputs, inputSize)
    return steps.enumerated().map { index, step in
      let plan = ConvolutionPlan(
        site: "\(site).conv\(index + 1)", inputs: channels, outputs: step.outputs, kernel: step.kernel,
        stride: step.stride, inputSize: size)
      (channels, size) = (plan.outputs, plan.outputSize)
      return plan
    }
  }

  /// How the convolution `index` of the branch starts.
  func initialization(ofLayer index: Int) -> Conv2d.Initialization {
    let isLast = index == branch.count - 1
    // In post-activation a norm follows the last convolution, and that starts at zero instead.
    let hasNormBehind = network.norm != .none && !network.block.activatesFirst
    if isLast, network.startsAtZero, !hasNormBehind { return .zero }
    return .he(scale: isLast ? 1 : network.branchScale(layers: branch.count, blocks: count))
  }
}
