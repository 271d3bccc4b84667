import RandomStreams
import TensorFiles
import Testing
import TorchCore

@testable import ResidualNets

@TorchActor @Suite struct ConvnetTests {
  typealias Convolution = NetworkDescription.Convolution

  /// Of a file of `Tools/oracles/convnet.py`.
  struct Subject: Sendable, CustomTestStringConvertible {
    let name: String
    let inputShape: [Int]
    let convolutions: [Convolution]
    let hidden: [Int]
    var readout = NetworkDescription.Readout.flattened
    var testDescription: String { name }
    var description: NetworkDescription {
      NetworkDescription(
        architecture: .convnet, block: .plain, norm: .none, readout: readout, convolutions: convolutions,
        hidden: hidden)
    }
  }

  nonisolated static let subjects = [
    Subject(
      name: "convnet_halving", inputShape: [2, 12, 8],
      convolutions: [3, 5].map { Convolution(channels: $0, kernel: 4, stride: 2, padding: 1) }, hidden: [7]),
    Subject(
      name: "convnet_lenet", inputShape: [1, 9, 11],
      convolutions: [4, 6].map { Convolution(channels: $0, kernel: 5, pool: 2) }, hidden: [9]),
    Subject(
      name: "convnet_mean", inputShape: [3, 10, 9],
      convolutions: [
        Convolution(channels: 4, kernel: 3, padding: 0), Convolution(channels: 4, kernel: 2, stride: 3, padding: 0),
        Convolution(channels: 6, kernel: 1),
      ], hidden: [8, 6], readout: .pooled),
  ]

  /// PyTorch's weights by name, then logits, loss, and the gradients of pixels and of every parameter, in training as
  /// in evaluation. The references were computed in fp64 and stored as fp32, so that 2e-7 is all that fp64 can show.
  @Test(arguments: subjects, [Mode.evaluation, .training]) func itIsPyTorchs(_ subject: Subject, _ mode: Mode) throws {
    try Torch.setThreads(1)
    for (dtype, tolerance) in [(DType.float64, 2e-7), (.float32, 2e-5)] {
      let (file, golden) = try (Golden("\(subject.name).weights").file, Golden("\(subject.name).golden"))
      let network = try NetworkWeights(
        file, path: "w", description: subject.description, inputShape: subject.inputShape
      ).network
      try network.mapTensors { try $0.to(dtype) }
      let images = try golden("images").to(dtype).asLeaf()
      let logits = try network.logits(images, mode)
      let loss = try logits.crossEntropy(golden("labels"))
      let parameters = network.allParameters
      let slopes = try gradients(of: loss, withRespectTo: [images] + parameters.values.map(\.value))
      try expectClose(logits, golden("logits"), within: tolerance, "logits")
      try expectClose(loss, golden("loss"), within: tolerance, "loss")
      try expectClose(slopes[0], golden("input_gradient"), within: tolerance, "input gradient")
      for (key, slope) in zip(parameters.keys, slopes.dropFirst()) {
        let name = key.replacing("trunk/", with: "").replacing("head/", with: "fc.")
        try expectClose(slope, golden("gradient.\(name)"), within: tolerance, name)
      }
      try expectClose(network.deployed().logits(images), golden("logits"), within: tolerance, "deployed")
    }
  }

  /// conv16-32-fc100 on MNIST: 16·16 + 16, 32·16·16 + 32, 100·1568 + 100 and 10·100 + 10, 166,406 as PyTorch counts
  /// them; and advertorch's LeNet5, 3,274,634.
  @Test func theNetworksOfThePublishedFigures() throws {
    let usual = NetworkDescription(
      architecture: .convnet, block: .plain, norm: .none, readout: .flattened)
    var lenet = usual
    lenet.convolutions = [32, 64].map { Convolution(channels: $0, kernel: 5, pool: 2) }
    lenet.hidden = [1024]
    (lenet.depth, lenet.width) = lenet.listedSize
    for (description, parameters, names) in [
      (usual, 166_406, ["conv1", "conv1.relu", "conv2", "conv2.relu", "flatten", "linear1", "linear1.relu", "head"]),
      (
        lenet, 3_274_634,
        [
          "conv1", "conv1.relu", "conv1.maxpool", "conv2", "conv2.relu", "conv2.maxpool", "flatten", "linear1",
          "linear1.relu", "head",
        ]
      ),
    ] {
      let subject = NetworkCase(description: description, inputShape: [1, 28, 28])
      let network = try subject.make(RandomStream(seed: 2), classes: 10)
      #expect(network.trunk.parameterCount + network.head.parameterCount == parameters)
      #expect(try network.deployed().stages.map(\.name) == ["normalize"] + names)
      #expect(try NetworkSummary(network).depth == 4)
    }
  }

  /// PyTorch's start: uniform within 1/√(k²·in), biases as well.
  @Test func itStartsAsPyTorchDoes() throws {
    let network = try NetworkCase(
      description: NetworkDescription(
        architecture: .convnet, block: .plain, norm: .none, convolutions: [.init(channels: 512, kernel: 4)], hidden: []),
      inputShape: [4, 8, 8]
    ).make(RandomStream(seed: 3))
    let parameters = Members(of: network.trunk).parameters
    for name in ["conv1.weight", "conv1.bias"] {
      let value = try #require(parameters[name]).value
      #expect(try value.abs().max().item() <= 0.125 && value.abs().max().item() > 0.12, "\(name)")
      // Var U(−b, b) = b²/3.
      #expect(try abs(value.squared().mean().item() - 0.125 * 0.125 / 3) < 5e-4, "\(name)")
    }
  }

  @Test(arguments: [
    (Convolution(channels: 4, kernel: 9, padding: 0), "layer 2 of 2", "kernel of 9×9", "4×4"),
    (Convolution(channels: 4, pool: 5), "layer 2 of 2", "pool of 5×5", "4×4"),
  ])
  func aWindowLargerThanItsImageIsNamed(layer: Convolution, place: String, window: String, size: String) throws {
    let description = NetworkDescription(
      architecture: .convnet, block: .plain, norm: .none,
      convolutions: [Convolution(channels: 4, kernel: 4, stride: 2, padding: 1), layer])
    try description.validate()
    let error = #expect(throws: DescriptionError.self) {
      try NetworkCase(description: description).make(RandomStream(seed: 1))
    }
    for word in ["network.convolutions", place, window, size] {
      #expect(error?.description.contains(word) == true, "\(String(describing: error))")
    }
  }

  /// A parallel correction of a kernel without a centre sees the pixels that the strides come to.
  @Test func anAdapterActsWhereTheStridesCome() throws {
    let stream = RandomStream(seed: 8)
    for (kernel, stride, padding, size) in [
      (4, 2, 1, [8, 6]), (2, 1, 0, [5, 4]), (3, 2, 0, [9, 7]), (5, 3, 2, [8, 9]),
    ] {
      let layer = try Conv2d(
        ConvolutionPlan(
          site: "conv1", inputs: 3, .init(channels: 4, kernel: kernel, stride: stride, padding: padding),
          inputSize: size), bias: true, stream: stream)
      let map = try ChannelMap(
        inputs: 3, outputs: 4, isConvolution: true, AdapterDescription(), stream: stream)
      try map.randomize(stream.stream("map"))
      for module in [layer, map] as [any Module] { try module.mapTensors { try $0.to(.float64) } }
      let x = try Tensor.normal([2, 3] + size, stream.stream("x"), dtype: .float64)
      let together = try layer.apply(layer.weight.value, layer.bias?.value, beside: map, .evaluation, to: x)
      // The same pixels, chosen by indices.
      var pixels = x
      for axis in [2, 3] {
        let places = (0..<together.size(axis)).map { $0 * stride }
        pixels = try pixels.selecting(axis, Tensor(indices: places))
      }
      let matrix = try map.matrix(.evaluation)
      let apart =
        try layer.forward(x, .evaluation) + pixels.conv2d(matrix.reshaped([4, 3, 1, 1]))
      try expectClose(together, apart, within: 1e-12, "kernel \(kernel)")
      let merged = try x.conv2d(layer.adding(matrix, to: layer.weight.value), layer.bias?.value, layer.geometry)
      try expectClose(merged, apart, within: 1e-12, "kernel \(kernel), merged")
    }
  }

  /// Separate networks are narrowed layer by layer.
  @Test func everyLayerIsNarrowed() throws {
    let usual = NetworkDescription(architecture: .convnet, block: .plain, norm: .none)
    let half = usual.ofWidth(50)
    #expect(half.convolutions.map(\.channels) == [8, 16] && half.hidden == [50] && half.width == 50)
    let least = usual.ofWidth(1)
    #expect(least.convolutions.map(\.channels) == [1, 1] && least.hidden == [1])
    for width in 1...100 { try usual.ofWidth(width).validate() }
    var sorted = usual
    sorted.activation = .maxMin
    for width in 1...100 { try sorted.ofWidth(width).validate() }
    #expect(NetworkDescription(width: 8).ofWidth(3) == NetworkDescription(width: 3))
  }
}
