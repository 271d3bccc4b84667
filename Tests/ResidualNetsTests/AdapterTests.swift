import RandomStreams
import Testing
import TorchCore

@testable import ResidualNets

@TorchActor
@Suite struct AdapterTests {
  nonisolated static let cases = NetworkCase.all.filter(\.withAdapter)

  @Test(arguments: cases) func startsAsNoCorrection(subject: NetworkCase) throws {
    let stream = RandomStream(seed: 1)
    let network = try subject.makeRandom(stream)
    let fresh = try Adapter(for: network.trunk, rank: 2, stream: stream)
    let pixels = try subject.pixels(4, stream, dtype: .float32)
    try withoutGradients {
      let plain = try TaskNetwork(trunk: network.trunk, adapter: nil, head: network.head).logits(pixels, .evaluation)
      let adapted = try TaskNetwork(trunk: network.trunk, adapter: fresh, head: network.head)
        .logits(pixels, .evaluation)
      #expect(try adapted.host() == plain.host())
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
    for subject in Self.cases where subject.hasUsualLayers {
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

  /// W x + ΔW x is (W + ΔW) x, with strides.
  @Test func mergedEqualsSeparate() throws {
    for seed in 0..<20 as Range<UInt64> {
      let stream = RandomStream(seed: seed)
      for (kernel, stride) in [(3, 1), (3, 2), (1, 1), (1, 2), (5, 2)] {
        let layer = try Conv2d(
          site: "c", inputs: 3, outputs: 4, kernel: kernel, stride: stride, inputSize: [7, 6], bias: true,
          stream: stream)
        let correction = try Correction(beside: layer, stream: stream)
        for module in [layer, correction] as [any Module] {
          try module.randomize(stream)
          try module.mapTensors { try $0.to(.float64) }
        }
        let x = try Tensor.normal([2, 3, 7, 6], stream, dtype: .float64)
        let separate =
          try x.conv2d(layer.weight.value, nil, layer.geometry) + correction.apply(x, stride: [stride, stride])
        let merged = try x.conv2d(correction.merged(into: layer.weight.value), nil, layer.geometry)
        try expectClose(merged, separate, within: 1e-13, "seed \(seed), kernel \(kernel), stride \(stride)")
      }
      let layer = try Linear(site: "l", inputs: 5, outputs: 4, stream: stream)
      let correction = try Correction(beside: layer, rank: 2, stream: stream)
      for module in [layer, correction] as [any Module] {
        try module.randomize(stream)
        try module.mapTensors { try $0.to(.float64) }
      }
      let x = try Tensor.normal([3, 5], stream, dtype: .float64)
      let separate = try x.linear(layer.weight.value) + correction.apply(x, stride: [])
      try expectClose(x.linear(correction.merged(into: layer.weight.value)), separate, within: 1e-13)
    }
  }

  /// Two tasks' adapters share nothing.
  @Test func adaptersAreSeparate() throws {
    for subject in Self.cases {
      let stream = RandomStream(seed: 2)
      let network = try subject.makeRandom(stream)
      let trunkBefore = try network.trunk.state()
      let (first, second) = try (
        Adapter(for: network.trunk, rank: 2, stream: stream.stream(1)),
        Adapter(for: network.trunk, rank: 2, stream: stream.stream(2))
      )
      let secondBefore = try second.state()
      try first.randomize(stream.stream("first"))
      let task = TaskNetwork(trunk: network.trunk, adapter: first, head: network.head)
      try network.trunk.freeze()
      _ = try task.logits(subject.pixels(4, stream, dtype: .float32), .training)
      #expect(try second.state() == secondBefore)
      #expect(try network.trunk.state() == trunkBefore)
    }
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
