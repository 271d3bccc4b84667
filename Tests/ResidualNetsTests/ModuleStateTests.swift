import OrderedCollections
import RandomStreams
import TensorFiles
import Testing
import TorchCore

@testable import ResidualNets

@TorchActor
@Suite struct ModuleStateTests {
  @Test(arguments: NetworkCase.all) func aStateRestoresEveryPart(subject: NetworkCase) throws {
    let (source, target) = try (subject.makeRandom(RandomStream(seed: 1)), subject.makeRandom(RandomStream(seed: 2)))
    for ((_, from), (_, to)) in zip(source.parts, target.parts) {
      #expect(try from.state() != to.state())
      try to.load(from.state())
      #expect(try from.state() == to.state())
    }
    let pixels = try subject.pixels(2, RandomStream(seed: 3), dtype: .float32)
    #expect(
      try source.logits(pixels, .evaluation).detached().host() == target.logits(pixels, .evaluation).detached().host())
  }

  @Test func whatDoesNotFitIsNamedAndNothingIsLoaded() throws {
    let subject = NetworkCase(description: .init(width: 2))
    let (source, target) = try (subject.makeRandom(RandomStream(seed: 1)), subject.makeRandom(RandomStream(seed: 2)))
    let state = try source.trunk.state()
    let before = try target.trunk.state()
    var broken: [(String, OrderedDictionary<String, HostTensor>)] = []
    for path in state.keys {
      var missing = state
      missing[path] = nil
      broken.append((path, missing))
      var misshapen = state
      misshapen[path] = try HostTensor([Float(1), 2, 3, 4, 5, 6, 7], shape: [7, 1])
      broken.append((path, misshapen))
    }
    var extra = state
    extra["layer9.weight"] = try HostTensor([Float(1)], shape: [1])
    broken.append(("layer9.weight", extra))
    var integers = state
    integers["conv1.weight"] = try HostTensor(
      [Int64](repeating: 1, count: 36), shape: try #require(state["conv1.weight"]).shape)
    broken.append(("conv1.weight", integers))
    for (path, state) in broken {
      let error = #expect(throws: StateError.self, "\(path)") { try target.trunk.load(state) }
      #expect(error?.reason.contains("'\(path)'") == true, "\(path): \(String(describing: error))")
    }
    #expect(try target.trunk.state() == before)
  }

  @Test func countersOfBatchesAreIgnored() throws {
    let subject = NetworkCase(description: .init(width: 2, block: .postActivation))
    let network = try subject.makeRandom(RandomStream(seed: 1))
    var state = try network.trunk.state()
    state["bn1.num_batches_tracked"] = try HostTensor([Int64(5)], shape: [])
    try network.trunk.load(state)
  }

  @Test func pathsArePyTorchs() throws {
    let paths = try NetworkCase(description: .init(width: 2, block: .postActivation)).make(RandomStream(seed: 1))
      .trunk.state().keys
    for path in [
      "normalize.mean", "conv1.weight", "bn1.running_var", "layer2.0.downsample.0.weight", "layer3.0.bn2.bias",
    ] {
      #expect(paths.contains(path))
    }
  }

  @Test func theSameStreamGivesTheSameNetwork() throws {
    for subject in NetworkCase.all {
      let (a, b, c) = try (
        subject.make(RandomStream(seed: 1)), subject.make(RandomStream(seed: 1)), subject.make(RandomStream(seed: 2))
      )
      #expect(try a.trunk.state() == b.trunk.state() && a.head.state() == b.head.state())
      #expect(try a.trunk.state() != c.trunk.state())
    }
  }
}
