import Foundation
import RandomStreams
import ResidualNets
import Results
import Testing
import TorchCore

@testable import Studies

@TorchActor @Suite struct InvertibleTests {
  @Test func errorsOfAScaledIdentityArePowers() throws {
    let x = try Tensor.normal([3, 4], RandomStream(seed: 1), dtype: .float64)
    let errors = try ResidualInverse(iterations: 20).errors(x) { try $0 * -0.5 }
    let lengths = try x.norm(2, [1]).doubles()
    for (k, row) in errors.enumerated() {
      for (error, length) in zip(row, lengths) { #expect(abs(error - length * pow(0.5, Double(k + 1))) < 1e-14) }
    }
    let y = try x * 0.5
    #expect(try relativeDistance(ResidualInverse(iterations: 80)(y) { try $0 * -0.5 }, x) < 1e-15)
  }

  /// Two blocks x + cx between a normalising layer and the head.
  private func network(_ factors: [Double]) throws -> DeployedNetwork {
    let eye = try Tensor.eye(3, dtype: .float64)
    let blocks = try factors.enumerated().map { index, factor in
      Stage(
        "block\(index)",
        .residual(
          shortcut: [], branch: [Stage("linear\(index)", .linear(weight: try eye * factor, bias: nil))], branchScale: 2)
      )
    }
    let widening = Stage(
      "wide", .residual(shortcut: [Stage("s", .scale(2))], branch: [Stage("b", .scale(1))], branchScale: 1))
    return DeployedNetwork(
      inputShape: [3, 1, 1], body: [Stage("flatten", .flatten)] + blocks + [widening], headWeight: eye,
      headBias: try Tensor.zeros([3], dtype: .float64))
  }

  @Test func blocksWithIdentityShortcutsAreFoundBoundedAndUndone() throws {
    let pixels = try Tensor.uniform([2, 3, 1, 1], RandomStream(seed: 2), dtype: .float64)
    let blocks = try InvertibleBlocks(network([0.2, -0.3]), pixels)
    #expect(blocks.entries.map(\.name) == ["block0", "block1"])
    for (entry, lipschitz) in zip(blocks.entries, [0.4, 0.6]) {
      #expect(entry.lipschitz >= lipschitz && entry.lipschitz < lipschitz * 1.001)
    }
    let output = blocks.entries[1].output
    #expect(try relativeDistance(output, pixels.flattened() * (1.4 * 0.4)) < 1e-12)
    let back = try blocks.inverse(of: output, ResidualInverse(iterations: 100))
    #expect(try relativeDistance(back, pixels.flattened()) < 1e-14)
    let expanding = try InvertibleBlocks(network([0.7, 0.1]), pixels)
    let lost = try expanding.inverse(of: expanding.entries[1].output, ResidualInverse(iterations: 100))
    #expect(try relativeDistance(lost, pixels.flattened()) > 1, "2 · 0.7 > 1: the iteration runs away")
  }

  @Test func study() async throws {
    try await withFlowImages { setting in
      let outcome = try checkedRun(InvertibleStudy(), setting)
      #expect(outcome.judgements.allSatisfy { $0.outcome == .met }, "\(outcome.judgements.map(\.detail))")
    }
  }
}
