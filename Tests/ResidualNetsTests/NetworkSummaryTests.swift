import RandomStreams
import TensorFiles
import Testing
import TorchCore

@testable import ResidualNets

/// Sums against published figures and closed forms; shapes and parameters against the networks themselves.
@TorchActor @Suite struct NetworkSummaryTests {
  private func network(
    _ description: NetworkDescription, _ inputShape: [Int], classes: Int
  ) throws -> TaskNetwork {
    try NetworkCase(description: description, inputShape: inputShape).make(RandomStream(seed: 1), classes: classes)
  }

  nonisolated private static let published: [(NetworkDescription.Architecture, Int, Double)] = [
    (.resnet18, 11_689_512, 1.814), (.resnet34, 21_797_672, 3.664), (.resnet50, 25_557_032, 4.089),
  ]

  /// Parameters and thousand millions of multiply-adds as torchvision's documentation states them.
  @Test(arguments: published)
  func torchvisionsFigures(architecture: NetworkDescription.Architecture, parameters: Int, work: Double) throws {
    let (depth, width) = architecture.usualSize
    let description = NetworkDescription(
      architecture: architecture, depth: depth, width: width, block: .postActivation)
    let summary = try NetworkSummary(network(description, [3, 224, 224], classes: 1000))
    #expect(summary.parameters.total == parameters)
    #expect(abs(Double(summary.multiplyAdds) / 1e9 - work) < 5e-4, "\(summary.multiplyAdds)")
    #expect(summary.depth == depth)
    #expect(summary.blockCount == summary.layers.count(where: \.isBlock))
    #expect(summary.layers.first { $0.name == "conv1" }?.kind == "convolution 7×7/2")
    #expect(summary.layers.first { $0.name == "bn1" }?.kind == "batch norm (folded when deployed)")
    #expect(summary.layers.last?.outputShape == [1000])
  }

  /// ResNet-20 of He et al. 2016a on CIFAR-10, 0.27 million parameters, by hand.
  @Test(arguments: [NetworkDescription.ShortcutKind.projection, .pooled])
  func theNetworkOfCIFAR(shortcut: NetworkDescription.ShortcutKind) throws {
    let description = NetworkDescription(depth: 20, width: 16, block: .postActivation, shortcut: shortcut)
    let summary = try NetworkSummary(network(description, [3, 32, 32], classes: 10))
    let kernels = 27 * 16 + 6 * 144 * 16 + (144 * 32 + 5 * 288 * 32) + (288 * 64 + 5 * 576 * 64)
    let norms = 2 * (7 * 16 + 6 * 32 + 6 * 64)
    let work =
      27 * 16 * 1024 + 6 * 144 * 16 * 1024 + (144 * 32 + 5 * 288 * 32) * 256 + (288 * 64 + 5 * 576 * 64) * 64 + 640
    switch shortcut {
    case .projection:
      #expect(summary.parameters.total == kernels + norms + 650 + (16 * 32 + 64) + (32 * 64 + 128))
      #expect(summary.multiplyAdds == work + 16 * 32 * 256 + 32 * 64 * 64)
      #expect(summary.multiplyAdds / 100_000 == 408)
    default:
      // Windows of 2×2 pixels that learn nothing, but are parameters that are frozen.
      #expect(summary.parameters.total == kernels + norms + 650 + 4 * (16 * 32 + 32 * 64))
      #expect(kernels + norms + 650 == 269_722)
    }
    #expect(summary.depth == 20 && summary.blockCount == 9)
  }

  @Test func theClosedFormOfAnMLP() throws {
    let (inputs, width, depth, classes) = (2 * 5 * 3, 7, 4, 6)
    let description = NetworkDescription(architecture: .mlp, depth: depth, width: width, norm: .none)
    let summary = try NetworkSummary(network(description, [2, 5, 3], classes: classes))
    #expect(
      summary.parameters.trunk == (inputs + 1) * width + 2 * depth * (width + 1) * width
        && summary.parameters.head == (width + 1) * classes && summary.parameters.adapter == nil)
    #expect(summary.multiplyAdds == inputs * width + 2 * depth * width * width + width * classes)
    #expect(summary.depth == 2 * depth + 2 && summary.blockCount == depth)
    // Pixels, the input layer, five tensors a block (two ReLUs, two layers, the sum), the last ReLU, logits.
    #expect(summary.activations == inputs + width + depth * 5 * width + width + classes)
  }

  @Test(arguments: NetworkCase.all) func everyNetworkIsListedInFull(subject: NetworkCase) throws {
    let stream = RandomStream(seed: 5)
    // A backward Euler step of any weights need not have a root.
    let isImplicit = subject.description.block == .backwardEuler
    let network = try isImplicit ? subject.make(stream) : subject.makeRandom(stream)
    try network.mapTensors { try $0.to(.float64) }
    let summary = try NetworkSummary(network)
    #expect(summary.parameters.trunk == network.trunk.parameterCount)
    #expect(
      summary.layers.reduce(0) { $0 + $1.parameters } == network.trunk.parameterCount + network.head.parameterCount)
    #expect(!summary.layers.contains { $0.kind == "parameters" }, "a parameter belongs to no layer")
    #expect(summary.parameters.adapter == network.adapter?.parameterCount)
    #expect(summary.layers.last?.outputShape == [3])

    let pixels = try subject.pixels(2, stream)
    try withoutGradients {
      let expected = try network.logits(pixels, .evaluation)
      var (x, shape) = (pixels, SampleShape(lengths: subject.inputShape))
      for stage in try network.unfolded() {
        (x, shape) = (try stage.apply(x), try stage.outputShape(of: shape))
        #expect(Array(x.shape.dropFirst()) == shape.lengths, "\(stage.name)")
      }
      try expectClose(x, expected, within: 1e-7, "layer by layer")
    }
  }

  @Test func aSequentialIsItsLayers() throws {
    let head = try HostTensor([Float](repeating: 0, count: 2 * 8), shape: [2, 8])
    let file = try SafetensorsFile(tensors: [
      "0.weight": HostTensor([Float](repeating: 0, count: 2 * 9), shape: [2, 1, 3, 3]),
      "0.bias": HostTensor([Float](repeating: 0, count: 2), shape: [2]), "3.weight": head,
      "3.bias": HostTensor([Float](repeating: 0, count: 2), shape: [2]),
    ])
    let network = try SequentialWeights(file, path: "w", inputShape: [1, 2, 2]).network
    let summary = try NetworkSummary(sequential: network)
    #expect(summary.layers.map(\.name) == ["0", "1", "flatten", "head"])
    #expect(summary.layers.map(\.outputShape) == [[2, 2, 2], [2, 2, 2], [8], [2]])
    #expect(summary.parameters.trunk == 20 && summary.parameters.head == 18)
    #expect(summary.multiplyAdds == 9 * 8 + 16 && summary.depth == 2)
  }

  @Test func aLayerThatDoesNotFitIsNamed() throws {
    let two = SampleShape(lengths: [2, 4, 4])
    let misfits: [(Operation, SampleShape)] = [
      (.convolution(weight: try .ones([2, 3, 3, 3]), bias: nil, geometry: .init()), two),
      (.convolution(weight: try .ones([2, 2, 9, 9]), bias: nil, geometry: .init()), two),
      (.convolution(weight: try .ones([2, 2, 1, 1]), bias: nil, geometry: .init()), SampleShape(lengths: [2])),
      (.linear(weight: try .ones([2, 5]), bias: nil), two),
      (.maxPool(kernel: 9, stride: 1, padding: 0), two), (.averagePool(kernel: 2, stride: 0, padding: 0), two),
      (.globalAveragePool, SampleShape(lengths: [])), (.affine(scale: nil, shift: try .ones([3])), two),
      (.residual(shortcut: [], branch: [Stage("inner", .flatten)], branchScale: 1), two),
      (.highway(shortcut: [], gate: [Stage("inner", .flatten)], branch: []), two),
      (.implicit(branch: [Stage("inner", .flatten)], step: 1), two),
    ]
    for (operation, shape) in misfits {
      let error = #expect(throws: ShapeError.self) { try Stage("culprit", operation).outputShape(of: shape) }
      #expect(error?.layer == "culprit")
    }
  }
}
