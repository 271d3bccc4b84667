import Foundation
import Lipschitz
import RandomStreams
import ResidualNets
import Testing
import TorchCore

@testable import Studies

@TorchActor @Suite struct SupervisionTests {
  init() throws { try Torch.setThreads(1) }

  @Test func yieldsAnOutcome() throws { try expectOutcome(of: SupervisionStudy()) }

  /// Branches a·h have (1 + a)ⁿ = Σ C(n, k) aᵏ, so that part k is C(n, k) aᵏ of the gradient at the end.
  @Test(arguments: [0.5, -0.3, 2]) func partsOfALinearChainAreBinomial(a: Double) throws {
    let n = 6
    let chain = NetworkChain(
      embed: { $0 }, steps: (0..<n).map { _ in .init(name: "") { try $0 + $0 * a } }, readout: { $0 })
    let x = try Tensor.normal([3, 4], RandomStream(seed: 1), dtype: .float64)
    let labels = try Tensor(indices: [0, 1, 3])
    let parts = try chain.gradientByPathLength(x, labels: labels)
    let end = try parts[0].norm().item()
    #expect(parts.count == n + 1 && end > 0)
    for (k, part) in parts.enumerated() {
      let expected = pow(10, logPathCount(n, k)) * pow(abs(a), Double(k))
      #expect(try abs(part.norm().item() / end - expected) < 1e-10 * max(1, expected), "k = \(k)")
    }
  }

  /// Against the sum over explicit subsets of branches, and against the gradient itself.
  @Test func partsOfARealNetworkAddUpToItsGradient() throws {
    try withClaimImages { setting in
      let images = try setting.images()
      let network = try images.freshNetwork(
        NetworkDescription(architecture: .mlp, depth: 3, width: 6, initialization: .he, norm: .none),
        RandomStream(seed: 2))
      try network.becomeFloat64()
      let chain = NetworkChain(network)
      let data = try images.train.prefix(4).inDoublePrecision()
      let parts = try chain.gradientByPathLength(data.pixels, labels: data.targets)

      let first = try chain.embed(data.pixels).asLeaf()
      let states = try chain.steps.reduce(into: [first]) { $0.append(try $1.apply($0[$0.count - 1])) }
      let loss = try chain.readout(states[3]).crossEntropy(data.targets, perSample: true).sum()
      let gradient = try #require(try gradients(of: loss, withRespectTo: [first])[0])
      let sum = try parts.dropFirst().reduce(parts[0]) { try $0 + $1 }
      #expect(try (sum - gradient).norm().item() < 1e-12 * gradient.norm().item())

      // Paths through exactly one branch, each by hand: h₃ with the other two branches' Jacobians left out.
      let last = try states[3].asLeaf()
      let end = try #require(
        try gradients(
          of: chain.readout(last).crossEntropy(data.targets, perSample: true).sum(), withRespectTo: [last])[0])
      var single = try end.zerosLike()
      for (step, state) in zip(chain.steps, states) {
        let leaf = try state.asLeaf()
        let branch = try step.apply(leaf) - leaf
        single = try single + #require(try gradients(of: branch, seed: end, withRespectTo: [leaf])[0])
      }
      #expect(try (parts[1] - single).norm().item() < 1e-12 * single.norm().item())
      #expect(try (parts[0] - end).norm().item() == 0)
    }
  }

  @Test func shapeChangesBelongToEveryPath() throws {
    try withClaimImages { setting in
      let images = try setting.images()
      let network = try images.freshNetwork(NetworkDescription(depth: 14, width: 2), RandomStream(seed: 2))
      try network.becomeFloat64()
      let data = try images.train.prefix(3).inDoublePrecision()
      let parts = try NetworkChain(network).gradientByPathLength(data.pixels, labels: data.targets)
      #expect(parts.count == 4 + 1, "of six blocks two change the shape")
    }
  }

  @Test func lengthsAreWeighted() {
    #expect(meanPathLength([1, 0, 3]) == 1.5 && meanPathLength([0, 2]) == 1)
    for (n, k, count) in [(5, 0, 1.0), (5, 2, 10), (5, 5, 1), (27, 13, 20_058_300)] {
      #expect(abs(pow(10, logPathCount(n, k)) / count - 1) < 1e-12)
    }
  }
}
