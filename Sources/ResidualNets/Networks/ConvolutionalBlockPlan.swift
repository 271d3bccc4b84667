import Foundation

/// Sizes and names of one block of a convolutional network.
struct ConvolutionalBlockPlan {
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
    stage: ConvolutionalPlan.StageShape, stride: Int, inputSize: [Int]
  ) {
    (self.network, self.site, self.index, self.count) = (network, site, index, count)
    outputs = stage.outputs
    branchSite = shared ?? site

    keepsShape = stride == 1 && inputs == stage.outputs
    let changed = ConvolutionPlan(
      site: "\(site).downsample.0", inputs: inputs, outputs: stage.outputs, kernel: 1, stride: stride,
      inputSize: inputSize)
    shortcut =
      keepsShape || network.block == .plain
      ? nil
      : network.shortcut == .projection
        ? changed
        : ConvolutionPlan(
          site: changed.site, inputs: inputs, outputs: stage.outputs, tiling: stride, inputSize: inputSize)
    outputSize = changed.outputSize
    gate =
      network.block == .highway
      ? ConvolutionPlan(
        site: "\(site).gate", inputs: stage.outputs, outputs: stage.outputs, kernel: 1, inputSize: outputSize) : nil
    // An implicit step looks for its root behind the shortcut, so its branch keeps the shape.
    let isImplicit = network.block == .backwardEuler
    branch = Self.layers(
      branchSite, stage, inputs: isImplicit ? stage.outputs : inputs, stride: isImplicit ? 1 : stride,
      inputSize: isImplicit ? outputSize : inputSize)
  }

  private static func layers(
    _ site: String, _ stage: ConvolutionalPlan.StageShape, inputs: Int, stride: Int, inputSize: [Int]
  ) -> [ConvolutionPlan] {
    // kernel, outputs, stride; the stride of a bottleneck lies in its 3×3 convolution, as torchvision has it.
    let steps =
      stage.isBottleneck
      ? [(1, stage.inner, 1), (3, stage.inner, stride), (1, stage.outputs, 1)]
      : [(3, stage.outputs, stride), (3, stage.outputs, 1)]
    var (channels, size) = (inputs, inputSize)
    return steps.enumerated().map { index, step in
      let plan = ConvolutionPlan(
        site: "\(site).conv\(index + 1)", inputs: channels, outputs: step.1, kernel: step.0, stride: step.2,
        inputSize: size)
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
