import RandomStreams
import Testing
import TorchCore

@testable import ResidualNets

/// The plan of torchvision's networks against its published layer shapes and parameter counts (He et al. 2016a, table
/// 1).
@TorchActor
@Suite struct ResNetPlanTests {
  nonisolated static let published: [(NetworkDescription.Architecture, Int, [Int])] = [
    (.resnet18, 11_689_512, [2, 2, 2, 2]), (.resnet34, 21_797_672, [3, 4, 6, 3]),
    (.resnet50, 25_557_032, [3, 4, 6, 3]),
  ]

  private func description(_ architecture: NetworkDescription.Architecture) -> NetworkDescription {
    let (depth, width) = architecture.usualSize
    return NetworkDescription(architecture: architecture, depth: depth, width: width, block: .postActivation)
  }

  /// A convolution without bias and the scale and shift of the norm behind it.
  private func parameters(_ convolution: ConvolutionPlan) -> Int {
    convolution.outputs * (convolution.inputs * convolution.kernel * convolution.kernel + 2)
  }

  @Test(arguments: published)
  func parameterCounts(architecture: NetworkDescription.Architecture, parameters expected: Int, blocks: [Int]) {
    let plan = ResNetPlan(description(architecture), inputShape: [3, 224, 224])
    let layers = [plan.stem] + plan.blocks.flatMap { $0.branch + ($0.shortcut.map { [$0] } ?? []) }
    let head = (plan.channels + 1) * 1000
    #expect(layers.reduce(head) { $0 + parameters($1) } == expected)
    #expect(plan.blocks.count == blocks.reduce(0, +))
    let depth = architecture.usualSize.depth
    #expect(2 + plan.blocks.reduce(0) { $0 + $1.branch.count } == depth, "the layers that give the network its name")
  }

  @Test(arguments: published)
  func layerShapes(architecture: NetworkDescription.Architecture, parameters: Int, blocks: [Int]) {
    let plan = ResNetPlan(description(architecture), inputShape: [3, 224, 224])
    #expect(plan.stem.outputSize == [112, 112] && plan.poolsBehindStem)
    let expansion = architecture == .resnet50 ? 4 : 1
    var place = 0
    for (stage, count) in blocks.enumerated() {
      for index in 0..<count {
        let block = plan.blocks[place]
        #expect(block.site == "layer\(stage + 1).\(index)" && block.index == place && block.count == plan.blocks.count)
        #expect(block.outputs == (64 << stage) * expansion && block.outputSize == [56 >> stage, 56 >> stage])
        #expect((block.shortcut != nil) == (index == 0 && (stage > 0 || expansion > 1)), "\(block.site)")
        #expect(block.branch.map(\.kernel) == (expansion == 4 ? [1, 3, 1] : [3, 3]))
        // Version 1.5 of the bottleneck has its stride in the 3×3 convolution.
        let strides = block.branch.map(\.stride)
        let first = stage > 0 && index == 0 ? 2 : 1
        #expect(strides == (expansion == 4 ? [1, first, 1] : [first, 1]))
        #expect(block.branch.last?.outputSize == block.outputSize && block.branch.last?.outputs == block.outputs)
        place += 1
      }
    }
    #expect(plan.channels == 512 * expansion && plan.size == [7, 7])
  }

  /// The network is what the plan says.
  @Test func aBuiltNetworkHasTheCount() throws {
    let description = description(.resnet18)
    let stream = RandomStream(seed: 1)
    let statistics = PixelStatistics(mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225])
    let trunk = try description.makeTrunk(inputShape: [3, 224, 224], statistics: statistics, stream: stream)
    let head = try description.makeHead(features: trunk.featureCount, classCount: 1000, stream: stream)
    #expect(trunk.parameterCount + head.parameterCount == 11_689_512)
  }

  /// CIFAR-style depth d has (d − 2) / 2 blocks of two convolutions in three stages; ResNet-20 of He et al. has 0.27
  /// million parameters.
  @Test func cifarNetworks() {
    for depth in [8, 20, 56, 110] {
      let description = NetworkDescription(depth: depth, width: 16, block: .postActivation)
      let plan = ResNetPlan(description, inputShape: [3, 32, 32])
      #expect(plan.blocks.count == (depth - 2) / 2 && plan.blocks.allSatisfy { $0.branch.count == 2 })
      #expect(plan.channels == 64 && plan.size == [8, 8])
      guard depth == 20 else { continue }
      let count = plan.blocks.flatMap(\.branch).reduce(parameters(plan.stem) + 65 * 10) { $0 + parameters($1) }
      #expect(count == 269_722, "the published 0.27M, with parameter-free shortcuts")
    }
  }

  /// What a plan says of any description is what its network does.
  @Test func networksFollowTheirPlans() throws {
    for subject in NetworkCase.kinds + NetworkCase.variants
    where ![.mlp, .perceptron, .convnet].contains(subject.description.architecture) {
      for inputShape in [subject.inputShape, [1, 39, 34]] {
        let trunk = try subject.description.makeTrunk(
          inputShape: inputShape,
          statistics: PixelStatistics(
            mean: Array(repeating: 0, count: inputShape[0]), std: Array(repeating: 1, count: inputShape[0])),
          stream: RandomStream(seed: 1))
        let plan = ResNetPlan(subject.description, inputShape: inputShape)
        let passage = Passage(adapter: nil, mode: .evaluation)
        try withoutGradients {
          var h = try trunk.embed(Tensor.zeros([1] + inputShape), passage)
          for (block, planned) in zip(trunk.blocks, plan.blocks) {
            h = try block.forward(h, passage)
            #expect(h.shape == [1, planned.outputs] + planned.outputSize, "\(subject.testDescription): \(block.site)")
          }
          #expect(try trunk.readout(h, passage).shape == [1, trunk.featureCount])
        }
      }
    }
  }
}
