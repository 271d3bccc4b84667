import OrderedCollections
import RandomStreams
import Testing
import TorchCore

@testable import ResidualNets

/// Networks that compute in bfloat16 with parameters in fp32.
@TorchActor
@Suite struct PrecisionTests {
  init() throws { try Torch.setThreads(1) }

  nonisolated static let explicit = (NetworkCase.all + TransformerCases.all).filter {
    $0.description.block != .backwardEuler
  }
  nonisolated static let implicit = NetworkCase.kinds.filter { $0.description.block == .backwardEuler }

  /// Features, whose readout a trunk's own head would get, and the gradients of Σ f·seed.
  private func pass(
    _ network: TaskNetwork, _ pixels: Tensor, _ precision: Precision
  ) throws -> (features: Tensor, gradients: OrderedDictionary<String, Tensor>) {
    let parameters = network.allParameters.filter { !$0.value.isFrozen }
    let features = try network.trunk.features(
      pixels, through: network.adapter, .training, draws: RandomStream(seed: 12), precision: precision)
    let seed = try Tensor.normal(features.shape, RandomStream(seed: 3).stream("seed")).to(features.dtype)
    let found = try gradients(of: (features * seed).mean(), withRespectTo: parameters.values.map(\.value))
    return (
      features,
      OrderedDictionary(
        uniqueKeysWithValues: zip(parameters.keys, found).compactMap { key, slope in slope.map { (key, $0) } })
    )
  }

  /// All that lies between pixels and features is bfloat16; features, gradients and statistics are fp32.
  @Test(arguments: explicit) func theTrunkComputesInHalfTheBits(subject: NetworkCase) throws {
    let stream = RandomStream(seed: 5)
    let network = try subject.make(stream)
    let pixels = try subject.pixels(6, stream, dtype: .float32)
    // A side path has the trunk run as in evaluation.
    let adapter = network.adapter?.side == nil ? network.adapter : nil
    let passage = Passage(adapter: adapter, mode: .evaluation, precision: .bf16)
    var h = try network.trunk.embed(pixels, passage)
    #expect(try h.dtype == .bfloat16)
    for block in network.trunk.blocks {
      h = try block.forward(h, passage)
      #expect(try h.dtype == .bfloat16, "behind \(block.site)")
    }
    #expect(try network.trunk.readout(h, passage).dtype == .bfloat16)
    let (features, gradients) = try pass(network, pixels, .bf16)
    #expect(try features.dtype == .float32 && gradients.values.allSatisfy { try $0.dtype == .float32 })
    for (_, part) in network.parts {
      #expect(try Members(of: part).buffers.values.allSatisfy { try $0.value.dtype == .float32 })
    }
  }

  /// Eight significant bits lose what eight lose: features and the gradients of all parameters together stay near those
  /// of fp32. (Of few and barely active units a rounding decides which of them are active at all.)
  @Test(arguments: explicit.filter { [.resnet, .vit].contains($0.description.architecture) })
  func answersAndGradientsStayNear(subject: NetworkCase) throws {
    let stream = RandomStream(seed: 6)
    let pixels = try subject.pixels(8, stream, dtype: .float32)
    // A network each: a step moves statistics and estimates of norms.
    let (exact, slopes) = try pass(subject.make(stream), pixels, .full)
    let (reduced, others) = try pass(subject.make(stream), pixels, .bf16)
    #expect(slopes.keys == others.keys)
    let distance = try relativeDistance(reduced.detached(), exact.detached())
    #expect(distance < 0.1, "features")
    let (found, expected) = try (
      others.values.map { try $0.reshaped([-1]) }, slopes.values.map { try $0.reshaped([-1]) }
    )
    guard !expected.isEmpty else { return }
    let (all, wanted) = try (Tensor.concatenated(found, 0), Tensor.concatenated(expected, 0))
    let apart = try (all - wanted).norm().item() / max(wanted.norm().item(), 1e-12)
    #expect(apart < 0.25, "gradients")
  }

  /// Against PyTorch's automatic casts (`Tools/oracles/mixed_precision.py`). Kernels sum in their own orders and then round
  /// to eight bits, so what is compared are roundings in the last of those.
  @Test(arguments: [("pre", "gray"), ("post", "rgb")]) func mixedPrecisionIsPyTorchs(form: String, colour: String)
    throws
  {
    let network = try ResNetGoldenTests.load(form, colour)
    let given = try Golden("resnet_\(form)_\(colour).golden")
    let (images, labels) = try (given("images").channelsLast(), given("labels"))
    let golden = try Golden("resnet_\(form)_\(colour).mixed")
    func logits(_ mode: Mode) throws -> Tensor {
      try network.head.forward(network.trunk.features(images, through: nil, mode, precision: .bf16), mode)
    }
    let answers = try logits(.evaluation)
    let loss = try answers.crossEntropy(labels)
    try expectClose(answers, golden("logits"), within: 0.01, "logits")
    try expectClose(loss, golden("loss"), within: 0.01, "loss")
    let parameters = network.allParameters
    let slopes = try gradients(of: loss, withRespectTo: parameters.values.map(\.value))
    for (path, slope) in zip(parameters.keys, slopes) {
      try expectClose(slope, golden("gradient.\(ResNetGoldenTests.name(path))"), within: 0.02, "gradient of \(path)")
    }
    let trained = try logits(.training)
    try expectClose(trained, golden("train.logits"), within: 0.02, "training logits")
    try expectClose(trained.crossEntropy(labels), golden("train.loss"), within: 0.02, "training loss")
    for (path, buffer) in Members(of: network.trunk).buffers where path.contains("running_") {
      try expectClose(buffer.value, golden("train.buffer.\(path)"), within: 0.01, path)
    }
  }

  /// A weight in fp32 beside x in bfloat16 is its rounded self, and its gradient the rounded one's, in fp32.
  @Test func weightsAreRoundedForTheOperation() throws {
    let stream = RandomStream(seed: 8)
    let x = try Tensor.normal([3, 4, 6, 6], stream.stream("x")).to(.bfloat16).channelsLast()
    let kernel = try Tensor.normal([5, 4, 3, 3], stream.stream("kernel"))
    let matrix = try Tensor.normal([5, 4], stream.stream("matrix"))
    let bias = try Tensor.normal([5], stream.stream("bias"))
    let geometry = ConvolutionGeometry(padding: 1)
    func products(_ change: (Tensor) throws -> Tensor) throws -> (value: Tensor, slopes: [Tensor?]) {
      let leaves = try [kernel, matrix, bias, matrix.transposed()].map { try change($0).asLeaf() }
      let y = try x.conv2d(leaves[0], leaves[2], geometry, adding: leaves[1])
      let pooled = try y.globalAveragePool().linear(leaves[3])
      #expect(try pooled.dtype == .bfloat16)
      return (pooled, try gradients(of: pooled.to(.float32).squared().sum(), withRespectTo: leaves))
    }
    let (mixed, rounded) = try (products { $0 }, products { try $0.to(.bfloat16) })
    #expect(try mixed.value.floats() == rounded.value.floats())
    for (slope, other) in zip(mixed.slopes, rounded.slopes) {
      #expect(try slope?.dtype == .float32 && other?.dtype == .bfloat16)
      #expect(try slope?.floats() == other?.floats())
    }
    // Nothing else is converted in silence.
    #expect(throws: TorchError.self) { try x.to(.float32).conv2d(kernel.to(.float64), nil, geometry) }
    #expect(throws: TorchError.self) { try x.conv2d(kernel.to(.float64), nil, geometry) }
  }

  @Test(arguments: implicit) func implicitBlocksAreRefused(subject: NetworkCase) throws {
    let stream = RandomStream(seed: 7)
    let network = try subject.make(stream)
    let pixels = try subject.pixels(2, stream, dtype: .float32)
    #expect(throws: DescriptionError.self) {
      try network.trunk.features(pixels, through: nil, .evaluation, precision: .bf16)
    }
    #expect(throws: DescriptionError.self) { try ReducedStages(network.deployed().body) }
  }

  /// What a frozen trunk gives stage by stage is near what it gives in training form.
  @Test(arguments: [
    NetworkCase(description: .init(width: 4)), .init(description: .init(width: 4, block: .postActivation)),
  ])
  func deployedStagesInHalfTheBits(subject: NetworkCase) throws {
    let stream = RandomStream(seed: 9)
    let network = try subject.make(stream)
    let pixels = try subject.pixels(8, stream, dtype: .float32)
    let stages = try network.trunk.deployedFeatures()
    let (exact, reduced) = try (stages.apply(pixels), ReducedStages(stages).apply(pixels))
    #expect(try reduced.dtype == .float32)
    let distance = try relativeDistance(reduced, exact)
    #expect(distance > 1e-5 && distance < 0.05)
  }
}
