import Foundation
import RandomStreams
import ResidualNets
import Testing
import TorchCore

@testable import Lipschitz

/// A backward Euler step of a linear field is (I − τA)⁻¹, whose norm is known.
@TorchActor @Suite struct ImplicitBoundTests {
  private func network(_ a: Tensor, step: Double) throws -> DeployedNetwork {
    let n = a.size(0)
    return DeployedNetwork(
      inputShape: [n],
      body: [Stage("root", .implicit(branch: [Stage("a", .linear(weight: a, bias: nil))], step: step))],
      headWeight: try .eye(n, dtype: .float64), headBias: try .zeros([n], dtype: .float64))
  }

  @Test func liesAboveTheResolventsNorm() throws {
    var tightest = Double.infinity
    for seed in 0..<40 {
      let stream = RandomStream(seed: UInt64(seed))
      let n = 2 + seed % 7
      let random = try Tensor.normal([n, n], stream.stream("a"), dtype: .float64)
      let a = try random / random.singularValues().max()
      let step = 0.95 * stream.uniform(at: 0) * (seed % 2 == 0 ? 1 : -1)
      let system = try Tensor.eye(n, dtype: .float64) - a * step
      let exact = try system.solved(for: Tensor.eye(n, dtype: .float64)).singularValues().max().item()
      let upper = try network(a, step: step).lipschitzBound().featureUpper
      #expect(upper >= exact && upper < (1 + 1e-3) / (1 - abs(step)), "seed \(seed): \(upper) for \(exact)")
      tightest = min(tightest, upper / exact)
      // The network itself is the resolvent.
      let h = try Tensor.normal([3, n], stream.stream("h"), dtype: .float64)
      let expected = try system.solved(for: h.transposed()).transposed()
      let difference = try (network(a, step: step).features(h) - expected).abs().max().item()
      #expect(difference < 1e-9 / (1 - abs(step)))
    }
    #expect(tightest < 1.5)
  }

  /// For A = c·I with τc > 0 the bound 1/(1 − τ|c|) is the norm.
  @Test(arguments: [0.1, 0.5, 0.9, 0.99]) func isExactForMultiplesOfTheIdentity(c: Double) throws {
    for step in [1.0, -1] {
      let a = try Tensor.eye(4, dtype: .float64) * (c * step)
      let upper = try network(a, step: step).lipschitzBound().featureUpper
      #expect(upper >= 1 / (1 - c) && upper <= (1 + 1e-3) / (1 - c))
    }
  }

  @Test func isRefusedWhereTheRootIsNotUnique() throws {
    for (c, step) in [(1.0, 1.0), (0.5, 2), (0.5, -2), (3, 1)] {
      let a = try Tensor.eye(3, dtype: .float64) * c
      let error = #expect(throws: LipschitzError.self) { try network(a, step: step).lipschitzBound() }
      #expect(error?.description.contains("layer 'root'") == true)
      #expect(error?.description.contains("a smaller dynamics.step or a branchBudget") == true)
    }
    #expect(throws: LipschitzError.self) { try network(Tensor.eye(3, dtype: .float64), step: .nan).lipschitzBound() }
  }

  /// A network's own refusal names its block.
  @Test func anUnconstrainedNetworkIsRefused() throws {
    let description = NetworkDescription(
      depth: 8, width: 4, block: .backwardEuler, norm: .none, dynamics: .init(step: 1))
    let error = #expect(throws: LipschitzError.self) { try describedNetwork(description, seed: 1).lipschitzBound() }
    #expect(error?.description.contains("layer 'layer1.0'") == true)
  }
}
