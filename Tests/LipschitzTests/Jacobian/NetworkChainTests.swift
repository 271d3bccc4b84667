import Foundation
import Lipschitz
import RandomStreams
import ResidualNets
import Testing
import TorchCore

@TorchActor @Suite struct NetworkChainTests {
  init() throws { try Torch.setThreads(1) }

  /// A chain of smooth maps of width 5 with a linear readout of 4 classes.
  private func smoothChain(steps: Int, seed: Int) throws -> (chain: NetworkChain, maps: [SmoothMap]) {
    let stream = RandomStream(seed: UInt64(seed)).stream("chain")
    let embedding = try Tensor.normal([5, 3], stream.stream("embed"), dtype: .float64)
    let head = try Tensor.normal([4, 5], stream.stream("head"), dtype: .float64)
    let maps = try (0..<steps).map { try SmoothMap(width: 5, hidden: 6, skips: $0 % 2 == 0, stream.stream($0)) }
    let chain = NetworkChain(
      embed: { try $0.linear(embedding) },
      steps: maps.enumerated().map { index, map in .init(name: "step\(index)") { try map($0) } },
      readout: { try $0.linear(head) })
    return (chain, maps)
  }

  private func scaling(_ factor: Double, steps: Int) -> NetworkChain {
    NetworkChain(
      embed: { $0 }, steps: (0..<steps).map { .init(name: "\($0)") { try $0 * factor } }, readout: { $0 })
  }

  @Test func aDeployedNetworkAsAChain() throws {
    let network = try residualNetwork(width: 2, depth: 2, input: [1, 8, 8], seed: 1)
    let chain = NetworkChain(
      embed: { try Array(network.body[..<3]).apply($0) },
      steps: network.body[3..<network.body.count - 1].map { stage in .init(name: stage.name, apply: stage.apply) },
      readout: { try $0.globalAveragePool().linear(network.headWeight, network.headBias) })
    let x = try Tensor.uniform([3, 1, 8, 8], RandomStream(seed: 2))
    #expect(try distance(chain.logits(x), network.logits(x)) == 0)
    let states = try chain.states(x)
    #expect(states.count == 13 && states[0].shape == [3, 2, 8, 8] && states[12].shape == [3, 8, 2, 2])
    // The readout takes eight channels: just the states of the last group.
    let margins = try chain.marginsByDepth(x, labels: [0, 1, 2])
    #expect(margins.map { $0 == nil } == (0...12).map { $0 < 9 })
  }

  @Test func gradientNormsAreDifferenceQuotients() throws {
    for seed in 0..<3 {
      let (chain, _) = try smoothChain(steps: 3, seed: seed)
      let x = try Tensor.normal([4, 3], RandomStream(seed: UInt64(seed)).stream("x"), dtype: .float64)
      let labels = try Tensor(indices: [0, 3, 1, 2])
      let norms = try chain.gradientNorms(x, labels: labels)
      #expect(norms.count == 4)
      let states = try chain.states(x)
      for (depth, state) in states.enumerated() {
        func losses(_ state: Tensor) throws -> Tensor {
          let last = try chain.steps[depth...].reduce(state) { try $1.apply($0) }
          let z = try chain.readout(last)
          return try z.logSumExp(1) - z.gathered(1, labels.reshaped([4, 1])).reshaped([4])
        }
        let step = 1e-5
        var squares = 0.0
        for feature in 0..<5 {
          let move = try Tensor.eye(5, dtype: .float64).narrowed(0, from: feature, count: 1) * step
          let slope = try (losses(state + move) - losses(state - move)) / (2 * step)
          squares += try slope.squared().sum().item()
        }
        let expected = (squares / 4).squareRoot()
        #expect(abs(norms[depth] - expected) < 1e-7 * max(1, expected), "seed \(seed), depth \(depth)")
      }
    }
  }

  /// h ← a·h: every gradient is a power of a, far below the smallest square.
  @Test func scalarChainsArePowers() throws {
    let x = try Tensor([0.3, -0.2, 0.5, 1, 0, 2], [2, 3])
    let labels = try Tensor(indices: [1, 2])
    for (a, steps) in [(0.5, 20), (1.5, 20), (0.9, 20), (1e-20, 12), (1e9, 2)] {
      let chain = scaling(a, steps: steps)
      let norms = try chain.gradientNorms(x, labels: labels)
      for depth in 0...steps {
        let expected = norms[steps] * pow(a, Double(steps - depth))
        #expect(abs(norms[depth] / expected - 1) < 1e-12, "a = \(a), depth \(depth)")
      }
    }
  }

  @Test func marginsAtEachDepth() throws {
    let widen = try Tensor([1.0, 0, 0, 1, 1, 1], [3, 2])
    let narrow = try Tensor([0.0, 1, 0, 1, 0, 0], [2, 3])
    let chain = NetworkChain(
      embed: { $0 },
      steps: [
        .init(name: "double") { try $0 * 2 },
        .init(name: "widen", keepsShape: false) { try $0.linear(widen) },
        .init(name: "swap", keepsShape: false) { try $0.linear(narrow) },
      ], readout: { try $0.linear(.eye(2, dtype: .float64)) })
    let x = try Tensor([3.0, 1, -1, 4], [2, 2])
    let margins = try chain.marginsByDepth(x, labels: [0, 0])
    #expect(margins == [[2, -5], [4, -10], nil, [-4, 10]])
    #expect(throws: JacobianError.self) { try chain.marginsByDepth(x, labels: [0]) }
    #expect(throws: JacobianError.self) { try chain.marginsByDepth(x, labels: [0, 2]) }
  }

  @Test func stepsLeftOut() throws {
    let swap = try Tensor([0.0, 1, 1, 0], [2, 2])
    let chain = NetworkChain(
      embed: { $0 },
      steps: [
        .init(name: "scale") { try $0 * 3 }, .init(name: "swap") { try $0.linear(swap) },
        .init(name: "pad", keepsShape: false) { try Tensor.concatenated([$0, $0 * 0.5], 1) },
      ], readout: { $0 })
    let x = try Tensor([3.0, 1, 1, 4], [2, 2])
    let rest = try #require(chain.withoutSteps([1]))
    #expect(rest.steps.map(\.name) == ["scale", "pad"])
    #expect(try rest.logits(x).doubles() == [9, 3, 4.5, 1.5, 3, 12, 1.5, 6])
    let least = try #require(chain.withoutSteps([0, 1]))
    #expect(try least.logits(x).doubles() == [3, 1, 1.5, 0.5, 1, 4, 0.5, 2])
    for missing in [[2], [3], [-1], [0, 2]] { #expect(chain.withoutSteps(Set(missing)) == nil) }
  }

  @Test func effectiveRanksFallWhereAStepIsSingular() throws {
    let singular = try Tensor.ones([5, 5], dtype: .float64)
    let chain = NetworkChain(
      embed: { try $0.reshaped([5, 5, 1, 1]) },
      steps: [.init(name: "keep") { try $0 * -2 }, .init(name: "collapse") { try $0.flattened().linear(singular) }],
      readout: { $0 })
    let ranks = try chain.effectiveRanks(.eye(5, dtype: .float64))
    for (rank, expected) in zip(ranks, [5.0, 5, 1]) { #expect(abs(rank - expected) < 1e-12) }
    #expect(ranks.count == 3)
  }
}
