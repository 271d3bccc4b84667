import RandomStreams
import Testing
import TorchCore

@testable import ResidualNets

/// A sample's root and gradient are its own, and no more exact or otherwise rounded because of its batch.
@TorchActor
@Suite struct SampleIndependenceTests {
  init() throws { try Torch.setThreads(1) }

  /// Samples of very different sizes need different numbers of steps. The tolerance is loose, so that what an iteration
  /// too many would change lies far above rounding; and products are sums over one sample each, so that a batch rounds
  /// as its samples do.
  @Test(arguments: ["tanh", "relu"]) func aSampleIsSettledAloneAsInABatch(activation: String) throws {
    for seed in 1...8 as ClosedRange<UInt64> {
      let stream = RandomStream(seed: seed).stream(activation)
      let drawn = try Tensor.normal([12, 16], stream.stream("weight"), dtype: .float64)
      let weight = try drawn * (2.5 / drawn.singularValues().max().item())
      let bias = try Tensor.normal([16], stream.stream("bias"), dtype: .float64)
      func product(_ z: Tensor, _ matrix: Tensor) throws -> Tensor {
        try (z.reshaped([z.size(0), 1, -1]) * matrix).sum([2])
      }
      // Monotone, so that every sample has a root.
      func field(_ z: Tensor) throws -> Tensor {
        let inner = try product(z, weight.transposed().contiguous()) + bias
        return try product(activation == "tanh" ? inner.tanh() : inner.relu(), weight) * -1
      }
      func solve(_ h: Tensor, _ g: Tensor) throws -> (root: Tensor, slope: Tensor) {
        let leaf = try h.asLeaf()
        let root = try backwardEulerStep(
          leaf, step: 1, solver: ImplicitSolver(tolerance: 1e-6), site: "\(activation), seed \(seed)", field)
        let slope = try #require(try gradients(of: root, seed: g, withRespectTo: [leaf])[0])
        return (try root.detached(), slope)
      }
      let sizes = try Tensor([1e-3, 0.03, 0.3, 1, 3, 10, 100, 1e4], [8, 1])
      let h = try Tensor.normal([8, 12], stream.stream("h"), dtype: .float64) * sizes
      let g = try Tensor.normal([8, 12], stream.stream("g"), dtype: .float64) * sizes.flipped([0])
      let together = try solve(h, g)
      for index in 0..<8 {
        func row(_ batch: Tensor) throws -> Tensor { try batch.narrowed(0, from: index, count: 1) }
        let alone = try solve(row(h), row(g))
        let rootScale = try row(h).norm().item() + alone.root.norm().item()
        let slopeScale = try row(g).norm().item() + alone.slope.norm().item()
        let (root, slope) = try (
          (row(together.root) - alone.root).norm().item() / rootScale,
          (row(together.slope) - alone.slope).norm().item() / slopeScale
        )
        #expect(root <= 1e-12, "\(activation), seed \(seed), sample \(index): roots \(root) apart")
        #expect(slope <= 1e-12, "\(activation), seed \(seed), sample \(index): gradients \(slope) apart")
      }
    }
  }
}
