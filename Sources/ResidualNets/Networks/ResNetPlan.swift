/// Sizes and names of every layer of a ResNet, computed from its description alone.
struct ResNetPlan {
  /// The channels that the blocks of one stage work with.
  struct StageShape {
    let inner: Int
    let outputs: Int
    var isBottleneck: Bool { inner != outputs }
  }

  let stem: ConvolutionPlan
  /// torchvision's networks halve the resolution again behind the stem: a 3×3 max pool, stride 2, padding 1.
  let poolsBehindStem: Bool
  let blocks: [ResNetBlockPlan]
  /// Channels, and height and width, of what the readout sees.
  let channels: Int
  let size: [Int]

  init(_ network: NetworkDescription, inputShape: [Int]) {
    let isNamed = network.architecture != .resnet
    let expansion = network.architecture == .resnet50 ? 4 : 1
    let stem = ConvolutionPlan(
      site: "conv1", inputs: inputShape[0], outputs: network.width, kernel: isNamed ? 7 : 3, stride: isNamed ? 2 : 1,
      inputSize: Array(inputShape[1...]))
    self.stem = stem
    poolsBehindStem = isNamed

    let counts = Self.blockCounts(network)
    let total = counts.reduce(0, +)
    var blocks: [ResNetBlockPlan] = []
    blocks.reserveCapacity(total)
    var channels = network.width
    var size = isNamed ? stem.outputSize.map { ($0 - 1) / 2 + 1 } : stem.outputSize
    for (stage, count) in counts.enumerated() {
      let inner = network.width << stage
      let shape = StageShape(inner: inner, outputs: inner * expansion)
      var firstOfShape: String?
      for index in 0..<count {
        let site = "layer\(stage + 1).\(index)"
        let stride = stage > 0 && index == 0 ? 2 : 1
        let keepsShape = stride == 1 && channels == shape.outputs || network.block == .backwardEuler
        let block = ResNetBlockPlan(
          network, site: site, sharing: network.dynamics.shared && keepsShape ? firstOfShape : nil,
          index: blocks.count, count: total, inputs: channels, stage: shape, stride: stride, inputSize: size)
        if keepsShape, firstOfShape == nil { firstOfShape = site }
        blocks.append(block)
        (channels, size) = (block.outputs, block.outputSize)
      }
    }
    (self.blocks, self.channels, self.size) = (blocks, channels, size)
  }

  private static func blockCounts(_ network: NetworkDescription) -> [Int] {
    switch network.architecture {
    case .resnet18: [2, 2, 2, 2]
    case .resnet34, .resnet50: [3, 4, 6, 3]
    case .resnet, .mlp, .perceptron, .convnet, .vit: Array(repeating: (network.depth - 2) / 6, count: 3)
    }
  }
}
