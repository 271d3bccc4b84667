import RandomStreams
import Testing
import TorchCore

@testable import ResidualNets

/// Low-rank corrections beside a transformer's linear layers, and layer norms of a task's own.
@TorchActor
@Suite struct TransformerAdapterTests {
  @Test(arguments: TransformerCases.withAdapter) func startsAsNoCorrection(subject: NetworkCase) throws {
    let stream = RandomStream(seed: 1)
    let network = try subject.makeRandom(stream)
    let fresh = try Adapter(for: network.trunk, AdapterDescription(rank: 2), stream: stream)
    let pixels = try subject.pixels(4, stream, dtype: .float32)
    func logits(_ adapter: Adapter?) throws -> Tensor {
      try withoutGradients {
        try TaskNetwork(trunk: network.trunk, adapter: adapter, head: network.head).logits(pixels, .evaluation)
      }
    }
    #expect(try logits(fresh).host() == logits(nil).host())
    #expect(try relativeDistance(logits(network.adapter), logits(nil)) > 1e-3, "a random adapter does change them")
  }

  /// Rank · (in + out) and a bias for each linear layer, two vectors a norm; nothing beside the patches.
  @Test func parameterCounts() throws {
    let (rank, width) = (2, 8)
    for subject in TransformerCases.withAdapter {
      let layers = subject.description.dynamics.shared ? 1 : subject.description.depth
      let linears = [(width, 3 * width), (width, width), (width, 4 * width), (4 * width, width)]
      let each = linears.map { rank * ($0.0 + $0.1) + $0.1 }.reduce(0, +) + 2 * 2 * width
      let adapter = try #require(try subject.make(RandomStream(seed: 1)).adapter)
      #expect(adapter.parameterCount == layers * each + 2 * width, "\(subject.testDescription)")
    }
  }

  /// Training an adapter and a head moves every tensor of theirs, and no byte of the frozen trunk, positions included.
  @Test(arguments: TransformerCases.withAdapter) func aFrozenTrunkKeepsItsBytes(subject: NetworkCase) throws {
    let stream = RandomStream(seed: 3)
    let network = try subject.makeRandom(stream)
    try network.trunk.freeze()
    #expect(network.trunk.trainableParameters.isEmpty)
    let adapter = try #require(network.adapter)
    let (trunk, before) = try (network.trunk.state(), adapter.state())
    let optimizer = try OptimizerDescription(kind: .adamw, weightDecay: 0.05).makeOptimizer(
      for: network.allParameters.filter { !$0.key.hasPrefix("trunk/") })
    let labels = try Tensor(indices: [0, 1, 2, 1])
    for step in 0..<8 {
      let pixels = try subject.pixels(4, stream.stream(step), dtype: .float32)
      let loss = try network.logits(pixels, .training, draws: stream.stream("draws").stream(step)).crossEntropy(labels)
      try optimizer.minimize(loss, rate: 0.01)
    }
    #expect(try network.trunk.state() == trunk)
    for (path, tensor) in try adapter.state() { #expect(tensor != before[path], "\(path) did not move") }
  }
}
