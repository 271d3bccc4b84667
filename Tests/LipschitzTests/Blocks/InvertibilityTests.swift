import RandomStreams
import Testing
import TorchCore

@testable import Lipschitz
@testable import ResidualNets

/// Branches of norm below 1 make blocks that can be undone (Behrmann et al. 2019): y = h + F(h) is a backward Euler
/// step of −F, h = y − F(h).
@TorchActor @Suite struct InvertibilityTests {
  @Test(arguments: [0.5, 0.7, 0.9]) func blocksAreUndone(budget: Double) throws {
    for architecture in [NetworkDescription.Architecture.resnet, .mlp] {
      let description = NetworkDescription(
        architecture: architecture, depth: architecture == .mlp ? 3 : 14, width: architecture == .mlp ? 10 : 3,
        norm: .none, branchBudget: budget)
      let network = try taskNetwork(description, seed: 1, gain: 3)
      let pixels = try Tensor.uniform([4, 2, 7, 8], RandomStream(seed: 2), dtype: .float64)
      try withoutGradients {
        try network.settleConstraints(rounds: 150)
        let bounds = try network.deployed().lipschitzBound().blocks
        #expect(bounds.count == network.trunk.blocks.count)
        let passage = Passage(adapter: nil, mode: .evaluation)
        var h = try network.trunk.embed(pixels, passage)
        var undone = 0
        for (block, bound) in zip(network.trunk.blocks, bounds) {
          // Two layers, each within its budget as far as power iteration sees.
          #expect(bound.branch <= budget * budget * 1.02 && bound.branch > 0.8 * budget * budget, "\(bound)")
          let y = try block.forward(h, passage)
          if block.shortcut == nil {
            let solver = ImplicitSolver(tolerance: 1e-13, iterationLimit: 100)
            let inverse = try backwardEulerStep(y, step: -1, solver: solver, site: block.site) {
              try block.branch.forward($0, passage)
            }
            #expect(try (inverse - h).abs().max().item() < 1e-10 * max(1, h.abs().max().item()), "\(block.site)")
            #expect(try (y - h).abs().max().item() > 1e-3, "the block does something")
            undone += 1
          }
          h = y
        }
        #expect(undone >= 3)
      }
    }
  }
}
