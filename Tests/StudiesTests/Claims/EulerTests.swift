import Foundation
import Lipschitz
import RandomStreams
import ResidualNets
import Results
import Testing
import TorchCore

@testable import Studies

@TorchActor @Suite struct EulerTests {
  @Test func linearFieldsHaveTheEigenvaluesTheySay() throws {
    let fields = try LinearFields(5, pairs: 2, RandomStream(seed: 1))
    for field in 0..<5 {
      let matrix = try fields.matrices.narrowed(0, from: field, count: 1).reshaped([4, 4])
      let found = try matrix.eigenvalues()
      let pairs = try zip(found.real.doubles(), found.imaginary.doubles()).filter { $0.1 > 0 }.sorted { $0.0 < $1.0 }
      let expected = fields.eigenvalues[field].map { ($0.real, abs($0.imaginary)) }.sorted { $0.0 < $1.0 }
      for (a, b) in zip(pairs, expected) { #expect(abs(a.0 - b.0) < 1e-9 && abs(a.1 - b.1) < 1e-9) }
      #expect(pairs.count == 2)
      #expect(try (matrix - matrix.transposed()).norm().item() > 0.01)
    }
  }

  @Test func criticalStepsAreWhereTheLargestFactorIsOne() throws {
    let fields = try LinearFields(20, pairs: 3, RandomStream(seed: 2))
    for rate in fields.predictedRates(steps: fields.criticalSteps) { #expect(abs(rate) < 1e-12) }
    #expect(fields.predictedRates(steps: fields.criticalSteps.map { $0 * 1.01 }).allSatisfy { $0 > 0 })
    #expect(fields.predictedRates(steps: fields.criticalSteps.map { $0 * 0.99 }).allSatisfy { $0 < 0 })
  }

  @Test func ratesAreThoseOfExplicitProducts() throws {
    let fields = try LinearFields(3, pairs: 1, RandomStream(seed: 3))
    let steps = [0.1, 0.2, 0.05]
    let rates = try fields.measuredRates(steps: steps, doublings: 3)
    for field in 0..<3 {
      let a = try fields.matrices.narrowed(0, from: field, count: 1).reshaped([2, 2])
      let layer = try Tensor.eye(2, dtype: .float64) + a * steps[field]
      let product = try (1..<8).reduce(layer) { product, _ in try product.matmul(layer) }
      #expect(try abs(rates[field] - log(product.norm().item()) / 8) < 1e-12)
    }
  }

  @Test func refinedTrunksRepeatTheSharedBranch() throws {
    let statistics = PixelStatistics(mean: [0.4], std: [0.3])
    let description = NetworkDescription(
      architecture: .mlp, depth: 2, width: 5, block: .forwardEuler, norm: .none,
      dynamics: .init(step: 0.5, shared: true))
    let trunk = try description.makeTrunk(inputShape: [1, 2, 2], statistics: statistics, stream: RandomStream(seed: 4))
    let other = PixelStatistics(mean: [0], std: [1])
    let finer = try trunk.refined(by: 3, step: 0.5 / 3, statistics: other)
    let passage = Passage(adapter: nil, mode: .evaluation)
    let pixels = try Tensor.uniform([3, 1, 2, 2], RandomStream(seed: 5))
    let start = try finer.embed(pixels.to(.float64), passage)
    #expect(try (start.to(.float32) - trunk.embed(pixels, passage)).abs().max().item() < 1e-6, "statistics come along")
    var h = start
    for _ in 0..<6 { h = try h + finer.blocks[0].branch.forward(h, passage) * (0.5 / 3) }
    #expect(try finer.blocks.count == 6 && (finer.flow(start) - h).abs().max().item() < 1e-14)
    let same = try trunk.refined(by: 1, step: 0.5, statistics: other)
    let end = try trunk.blocks.reduce(trunk.embed(pixels, passage)) { try $1.forward($0, passage) }
    #expect(try (same.flow(start).to(.float32) - end).abs().max().item() < 1e-5)
  }

  @Test func study() async throws {
    try await withFlowImages { setting in
      let outcome = try checkedRun(EulerStudy(), setting)
      for exact in outcome.judgements.prefix(2) { #expect(exact.outcome == .met, "\(exact.detail)") }
    }
  }
}
