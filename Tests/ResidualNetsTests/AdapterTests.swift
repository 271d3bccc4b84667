import RandomStreams
import Testing
import TorchCore

@testable import ResidualNets

@TorchActor
@Suite struct AdapterTests {
  nonisolated static let cases = NetworkCase.all.filter { $0.withAdapter && $0.description.survival == 1 }

  @Test(arguments: cases) func startsAsNoCorrection(subject: NetworkCase) throws {
    let stream = RandomStream(seed: 1)
    let network = try subject.makeRandom(stream)
    let fresh = try Adapter(for: network.trunk, subject.adapterDescription, stream: stream)
    let pixels = try subject.pixels(4, stream, dtype: .float32)
    try withoutGradients {
      let plain = try TaskNetwork(trunk: network.trunk, adapter: nil, head: network.head).logits(pixels, .evaluation)
      let adapted = try TaskNetwork(trunk: network.trunk, adapter: fresh, head: network.head)
        .logits(pixels, .evaluation)
      if subject.adapter?.kind == .side, fresh.description.budget == nil {
        // Its own norm divides by √(v + ε), which is 1 up to rounding.
        try expectClose(adapted, plain, within: 1e-6)
      } else {
        #expect(try adapted.host() == plain.host())
      }
      #expect(
        try relativeDistance(network.logits(pixels, .evaluation), plain) > 1e-3, "a random adapter does change them")
    }
  }

  /// Convolutions: out·in each; linear layers: rank·(in + out); a bias where the layer has one; two vectors a norm.
  @Test func parameterCounts() throws {
    let w = 4
    // Stem (2 channels in), then per stage conv1 and conv2.
    let taps = 2 * w + w * w + w * w + w * 2 * w + 4 * w * w + 2 * w * 4 * w + 16 * w * w
    let biases = w + 2 * (w + 2 * w + 4 * w)
    for subject in Self.cases where subject.hasUsualLayers && subject.adapter == nil {
      let network = try subject.make(RandomStream(seed: 1))
      let adapter = try #require(network.adapter)
      let expected: Int
      switch (subject.description.architecture, subject.description.norm) {
      case (.mlp, _):
        let inputs = subject.inputShape.reduce(1, *)
        expected = 2 * (inputs + w) + w + 4 * (2 * (w + w) + w)
      case (_, .none): expected = taps + biases
      // Norms see: the stem's output in post-activation, whose shortcuts have norms too; the last in pre-activation.
      case (_, _) where subject.description.block != .postActivation:
        expected = taps + 2 * ((w + w) + (w + 2 * w) + (2 * w + 4 * w) + 4 * w)
      case (_, _):
        expected = taps + 2 * (w + 2 * w + 4 * w + 8 * w + 2 * w + 4 * w)
      }
      #expect(adapter.parameterCount == expected, "\(subject.testDescription)")
      #expect(adapter.parameterCount * 3 < network.trunk.parameterCount || subject.description.architecture == .mlp)
    }
  }

  /// The other kinds, on the pre-activation network of width 4: series out² a layer, ranks r·(in + out), a side path
  /// 2rF a block and a norm; under a budget no norms.
  @Test(arguments: [
    (AdapterDescription(kind: .series), 16 + 2 * (16 + 64 + 256) + 2 * (8 + 12 + 24 + 16)),
    (.init(kind: .series, rank: 2), 16 + 2 * (16 + 32 + 64) + 2 * (8 + 12 + 24 + 16)),
    (.init(rank: 2), 12 + 16 + 16 + 24 + 32 + 48 + 64 + 2 * (8 + 12 + 24 + 16)),
    (.init(budget: 1), 8 + 16 + 16 + 32 + 64 + 128 + 256),
    (.init(kind: .side, rank: 3, depth: 5), 5 * 2 * 3 * 16 + 2 * 16),
    (.init(kind: .side, budget: 1), 2 * 2 * 8 * 16), (.init(kind: .side, rank: 100, budget: 1), 2 * 2 * 16 * 16),
  ])
  func parameterCountsOfKinds(adapter: AdapterDescription, expected: Int) throws {
    let subject = NetworkCase(description: .init(width: 4), withAdapter: true, adapter: adapter)
    #expect(try #require(subject.make(RandomStream(seed: 1)).adapter).parameterCount == expected)
  }

  /// A layer and its correction, computed apart, are the merged layer: with strides, kernels, biases, ranks and scales.
  @Test(arguments: [AdapterDescription.Kind.parallel, .series], [nil, 2])
  func mergedEqualsSeparate(kind: AdapterDescription.Kind, rank: Int?) throws {
    for seed in 0..<10 as Range<UInt64> {
      let stream = RandomStream(seed: seed)
      for budget in [nil, 0.2] {
        let description = AdapterDescription(kind: kind, rank: rank, scale: seed % 2 == 0 ? 1 : -1.7, budget: budget)
        for (kernel, stride) in [(3, 1), (3, 2), (1, 1), (1, 2), (5, 2)] {
          let layer = try Conv2d(
            site: "c", inputs: 3, outputs: 4, kernel: kernel, stride: stride, inputSize: [7, 6], bias: seed % 3 > 0,
            stream: stream)
          try compare(layer, Tensor.normal([2, 3, 7, 6], stream, dtype: .float64), description, stream)
        }
        let layer = try Linear(site: "l", inputs: 5, outputs: 4, stream: stream)
        try compare(layer, Tensor.normal([3, 5], stream, dtype: .float64), description, stream)
      }
    }
  }

  private func compare(
    _ layer: some AdaptableLayer, _ x: Tensor, _ description: AdapterDescription, _ stream: RandomStream
  ) throws {
    let correction = try #require(try description.makeCorrection(of: layer, stream: stream))
    for (name, module) in [("layer", layer), ("correction", correction)] as [(String, any Module)] {
      try module.randomize(stream.stream(name))
      try module.mapTensors { try $0.to(.float64) }
    }
    let (weight, bias) = try correction.merged(into: layer, .evaluation)
    try expectClose(
      layer.apply(weight, bias, to: x), correction.forward(layer, x, .evaluation), within: 1e-13,
      "\(description), \(layer.weight.value.shape)")
    #expect(try relativeDistance(weight, layer.weight.value) > 1e-3, "the correction corrects")
  }

  /// Two tasks' adapters share nothing.
  @Test func adaptersAreSeparate() throws {
    // An implicit step of random weights need not have a root.
    for subject in Self.cases where subject.description.block != .backwardEuler {
      let stream = RandomStream(seed: 2)
      let network = try subject.makeRandom(stream)
      let trunkBefore = try network.trunk.state()
      let (first, second) = try (
        Adapter(for: network.trunk, subject.adapterDescription, stream: stream.stream(1)),
        Adapter(for: network.trunk, subject.adapterDescription, stream: stream.stream(2))
      )
      let secondBefore = try second.state()
      try first.randomize(stream.stream("first"))
      let task = TaskNetwork(trunk: network.trunk, adapter: first, head: network.head)
      try network.trunk.freeze()
      _ = try task.trainingLogits(subject.pixels(4, stream, dtype: .float32))
      #expect(try second.state() == secondBefore)
      #expect(try network.trunk.state() == trunkBefore)
    }
  }

  /// Features computed beforehand lead to the logits of the whole network.
  @Test func aSidePathReadsFeaturesComputedBefore() throws {
    for subject in Self.cases where subject.adapter?.kind == .side {
      let stream = RandomStream(seed: 3)
      let network = try subject.makeRandom(stream)
      try network.mapTensors { try $0.to(.float64) }
      let pixels = try subject.pixels(6, stream)
      let features = try network.trunk.deployedFeatures().apply(pixels)
      #expect(features.shape == [6, network.trunk.featureCount])
      // Under a budget every training pass moves the vectors of power iteration.
      let isBudgeted = subject.adapter?.budget != nil || subject.description.branchBudget != nil
      for mode in isBudgeted ? [Mode.evaluation] : [.evaluation, .training] {
        let corrected = try network.adapter?.corrected(features: features, mode) ?? features
        try expectClose(
          network.head.forward(corrected, mode), network.logits(pixels, mode), within: 1e-9,
          "\(subject.testDescription) \(mode)")
      }
    }
  }

  @Test(arguments: [
    (AdapterDescription(rank: 0), "rank"), (.init(rank: 5000), "rank"), (.init(scale: 0), "scale"),
    (.init(scale: .nan), "scale"), (.init(budget: 0), "budget"), (.init(budget: .infinity), "budget"),
    (.init(kind: .side, depth: 0), "depth"), (.init(kind: .side, depth: 65), "depth"),
  ])
  func whatMakesNoSenseIsNamed(adapter: AdapterDescription, word: String) throws {
    let error = #expect(throws: DescriptionError.self) { try adapter.validate() }
    #expect(error?.description.contains(word) == true)
  }
}

extension NetworkCase {
  /// Whether its layers are those of the CIFAR-style network of depth 8, or of the MLP of depth 2, with a shortcut.
  fileprivate var hasUsualLayers: Bool {
    (description.architecture == .resnet && description.depth == 8
      || description.architecture == .mlp && description.depth == 2)
      && ![.plain, .backwardEuler].contains(description.block) && description.shortcut == .projection
  }
}
