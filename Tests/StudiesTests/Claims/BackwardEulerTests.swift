import Foundation
import RandomStreams
import ResidualNets
import Results
import Testing
import TorchCore

@testable import Studies

@TorchActor @Suite struct BackwardEulerTests {
  @Test func ratesOfTheStiffGridAreClosedForms() throws {
    let grid = StiffGrid(moduli: 4, angles: 3)
    #expect(grid.eigenvalues.count == 12 && grid.eigenvalues.allSatisfy { $0.real < 0 })
    #expect(abs(grid.eigenvalues[11].real + 1000) < 1e-9 && abs(grid.eigenvalues[11].imaginary) < 1e-9)
    for step in [0.01, 1, 3] {
      let forward = try grid.rates(step: step, layers: 5, backward: false)
      let backward = try grid.rates(step: step, layers: 5, backward: true)
      for (a, b) in zip(forward, grid.forwardRates(step: step)) { #expect(abs(a - b) < 1e-9) }
      for (a, b) in zip(backward, grid.backwardRates(step: step)) { #expect(abs(a - b) < 1e-9) }
    }
    // On the negative real axis |1 − 1000| and 1/(1 + 1000).
    #expect(abs(exp(grid.forwardRates(step: 1)[11]) - 999) < 1e-9)
    #expect(abs(exp(grid.backwardRates(step: 1)[11]) * 1001 - 1) < 1e-12)
  }

  @Test func theUnrolledStepSolvesTheLinearSystem() throws {
    let a = try Tensor.normal([4, 4], RandomStream(seed: 1), dtype: .float64) * 0.2
    let h = try Tensor.normal([3, 4], RandomStream(seed: 2), dtype: .float64)
    let z = try unrolledBackwardStep(h, step: 0.5, iterations: 100) { try $0.matmul(a.transposed()) }
    let exact = try (Tensor.eye(4, dtype: .float64) - a * 0.5).solved(for: h.transposed()).transposed()
    #expect(try relativeDistance(z, exact) < 1e-12)
  }

  @Test func monotoneNetworksContractBackwardAndFollowTheirField() throws {
    var network = try MonotoneNetwork(
      inputs: 4, width: 6, depth: 3, classCount: 2, step: 5, stream: RandomStream(seed: 3))
    network.tolerance = 1e-11
    #expect(try network.stiffness().allSatisfy { $0 > 2 })
    #expect(network.parameters.count == 10)
    let x = try Tensor.uniform([5, 1, 2, 2], RandomStream(seed: 4), dtype: .float64)
    try withoutGradients {
      let forward = try network.states(x, .forward)
      let backward = try network.states(x, .backward)
      for (before, after) in zip(backward, backward.dropFirst()) {
        #expect(try distance(after) <= distance(before) * (1 + 1e-9))
      }
      #expect(try distance(forward[3]) > 10 * distance(forward[0]))
      // The implicit step is the explicit one's inverse in time: h = z − τF(z).
      let w = try #require(network.parameters["blocks.0.weight"]).value
      let b = try #require(network.parameters["blocks.0.bias"]).value
      let z = backward[1]
      let start = try z + z.linear(w, b).relu().matmul(w) * 5
      #expect(try relativeDistance(start, backward[0]) < 1e-9)
    }
  }

  private func distance(_ h: Tensor) throws -> Double {
    try (h.narrowed(0, from: 0, count: 1) - h.narrowed(0, from: 1, count: 1)).norm().item()
  }

  @Test func onlyImplicitNetworksHaveSomethingToUnroll() throws {
    for (block, isImplicit) in [(NetworkDescription.BlockKind.backwardEuler, true), (.forwardEuler, false)] {
      let description = NetworkDescription(
        architecture: .mlp, depth: 2, width: 4, block: block, norm: .none, branchBudget: 0.5)
      let trunk = try description.makeTrunk(
        inputShape: [1, 2, 2], statistics: PixelStatistics(mean: [0], std: [1]), stream: RandomStream(seed: 5))
      let head = try description.makeHead(features: 4, classCount: 2, stream: RandomStream(seed: 6))
      let network = try TaskNetwork(trunk: trunk, adapter: nil, head: head).deployed().inDoublePrecision()
      #expect(network.hasImplicitSteps == isImplicit)
      let pixels = try Tensor.uniform([2, 1, 2, 2], RandomStream(seed: 7), dtype: .float64)
      #expect(try relativeDistance(network.unrolledLogits(pixels, iterations: 100), network.logits(pixels)) < 1e-9)
      if isImplicit {
        #expect(try relativeDistance(network.unrolledLogits(pixels, iterations: 1), network.logits(pixels)) > 1e-6)
      }
    }
  }

  /// A constraint's estimate moves with every pass in training mode, and the field with it: the search would stall.
  @Test func constrainedImplicitBlocksFindTheirRootInTraining() throws {
    let description = NetworkDescription(
      architecture: .mlp, depth: 3, width: 16, block: .backwardEuler, norm: .none, branchBudget: 0.8)
    for seed in 0..<5 as Range<UInt64> {
      let trunk = try description.makeTrunk(
        inputShape: [1, 4, 4], statistics: PixelStatistics(mean: [0], std: [1]), stream: RandomStream(seed: seed))
      try trunk.becomeFloat64()
      let passage = Passage(adapter: nil, mode: .training)
      let pixels = try Tensor.uniform([4, 1, 4, 4], RandomStream(seed: 9), dtype: .float64)
      let h = try trunk.embed(pixels, passage)
      let z = try trunk.blocks[0].forward(h, passage)
      let still = Passage(adapter: nil, mode: .evaluation)
      let residual = try h + trunk.blocks[0].branch.forward(z, still) - z
      #expect(try residual.norm().item() < 1e-9 * z.norm().item(), "seed \(seed)")
    }
  }

  @Test func study() async throws {
    try await withFlowImages { setting in
      let outcome = try checkedRun(BackwardEulerStudy(), setting)
      for exact in outcome.judgements.prefix(3) { #expect(exact.outcome == .met, "\(exact.detail)") }
    }
  }
}
