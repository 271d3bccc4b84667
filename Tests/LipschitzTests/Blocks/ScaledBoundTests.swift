import Lipschitz
import RandomStreams
import ResidualNets
import Testing
import TorchCore

/// h ← (1 − β) h + α F(h) with α ≤ β / L_F is no expansion, whatever its depth.
@TorchActor @Suite struct ScaledBoundTests {
  /// An MLP's blocks have identity shortcuts; L_F is what the bound says of the branch.
  @Test(arguments: [0.05, 0.3, 1]) func stableByDesign(beta: Double) throws {
    for seed in 0..<4 {
      var description = NetworkDescription(
        architecture: .mlp, depth: 6, width: 8, block: .scaled, norm: .none, dynamics: .init(alpha: 1, beta: beta))
      let branch = try #require(
        try describedNetwork(description, seed: seed).lipschitzBound().blocks.map(\.branch).max())
      description.dynamics.alpha = (beta / branch).nextDown
      let network = try describedNetwork(description, seed: seed)
      let blocks = try network.lipschitzBound().blocks
      #expect(blocks.count == 6 && blocks.allSatisfy { $0.upper <= 1 + 1e-14 }, "seed \(seed)")
      #expect(blocks.contains { $0.upper > 1 - 1e-12 }, "the largest branch uses all of it")

      // And it is true of the network: no pair of states moves apart.
      let states = try Tensor.normal([200, 8], RandomStream(seed: UInt64(seed)), dtype: .float64)
      let inside = network.body.filter { if case .residual = $0.operation { true } else { false } }
      let (x, y) = try (states.narrowed(0, from: 0, count: 100), states.narrowed(0, from: 100, count: 100))
      let after = try sampleNorms(inside.apply(x) - inside.apply(y))
      #expect(try zip(after, sampleNorms(x - y)).allSatisfy { $0 <= $1 * (1 + 1e-12) })

      // With twice that α the bound no longer says so.
      description.dynamics.alpha *= 2
      #expect(
        try describedNetwork(description, seed: seed).lipschitzBound().blocks.contains { $0.upper > 1 + beta / 2 })
    }
  }
}
