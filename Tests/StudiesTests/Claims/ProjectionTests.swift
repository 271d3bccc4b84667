import Lipschitz
import RandomStreams
import ResidualNets
import Results
import Testing
import TorchCore

@testable import Studies

@TorchActor @Suite struct ProjectionTests {
  init() throws { try Torch.setThreads(1) }

  @Test func tiny() throws {
    let record = try tinyRun(ProjectionStudy())
    #expect(record.criteria[0].outcome == .met, "\(record.criteria[0].detail)")
  }

  @Test func orthonormalKeepsOneDirectionOnly() throws {
    func largest(_ changes: [Double]) -> Double { Statistics.largest(changes) }
    for seed in 0..<5 {
      let stream = RandomStream(seed: UInt64(seed))
      let rows = try ShortcutProjection.orthonormal(outputs: 4, inputs: 9, stream)
      let gram = try rows.matmul(rows.transposed()) - Tensor.eye(4, dtype: .float64)
      #expect(rows.shape == [4, 9])
      #expect(try gram.abs().max().item() < 1e-14)
      let narrow = try Tensor.normal([20, 4], stream.stream("g"), dtype: .float64)
      let wide = try Tensor.normal([20, 9], stream.stream("x"), dtype: .float64)
      #expect(try largest(ShortcutProjection.gradientChanges(rows, narrow)) < 1e-14)
      #expect(try largest(ShortcutProjection.signalChanges(rows, wide)) > 0.1)
      let columns = try ShortcutProjection.orthonormal(outputs: 9, inputs: 4, stream)
      #expect(try largest(ShortcutProjection.signalChanges(columns, narrow)) < 1e-14)
      #expect(try largest(ShortcutProjection.gradientChanges(columns, wide)) > 0.1)
    }
    let double = try Tensor([2.0, 0, 0, 2], [2, 2])
    #expect(try ShortcutProjection.gradientChanges(double, Tensor([3.0, 4, 0, 0.5], [2, 2])) == [1, 1])
  }

  @Test func varianceOfKnownDirections() throws {
    // Variances 9, 1 and 0 along the axes, whatever the mean.
    let x = try Tensor([3.0, 1, 7, -3, 1, 7, 3, -1, 7, -3, -1, 7], [4, 3])
    func kept(_ weight: [Double]) throws -> Double {
      try ShortcutProjection.keptVariance(Tensor(weight, [weight.count / 3, 3]), x)
    }
    #expect(abs(try kept([5, 0, 0]) - 0.9) < 1e-14)
    #expect(abs(try kept([0, 0.1, 0]) - 0.1) < 1e-14)
    #expect(abs(try kept([1, 1, 0]) - 0.5) < 1e-14)
    #expect(abs(try kept([1, 1, 0, 1, -1, 0]) - 1) < 1e-14)
  }

  @Test func noProjectionIsTheNetworkItself() throws {
    let toy = try SignalToy(.preActivation)
    try toy.network.trunk.mapTensors { try $0.to(.float32) }
    try toy.network.head.mapTensors { try $0.to(.float32) }
    let pixels = try toy.pixels.to(.float32)
    let expected = try toy.network.logits(pixels, .evaluation)
    let none = try ProjectedNetwork(toy.network, projections: 0, .uniform, RandomStream(seed: 1))
    #expect(try none.chain.logits(pixels).equal(expected).allTrue())
    #expect(none.parameters.count == toy.network.trainableParameters.count)
    let all = try ProjectedNetwork(toy.network, projections: 4, .orthogonal, RandomStream(seed: 1))
    #expect(all.parameters.count == none.parameters.count + 4)
    #expect(try !all.chain.logits(pixels).equal(expected).allTrue())
    let weight = try #require(all.parameters["projection0"]).value.to(.float64)
    let h = try all.chain.embed(pixels)
    let block = toy.network.trunk.blocks[0]
    let branch = try block.branch.forward(h, Passage(adapter: nil, mode: .evaluation))
    let difference = try all.chain.steps[0].apply(h) - branch - h.matmul(weight.to(.float32).transposed())
    #expect(try difference.abs().max().item() < 1e-5)
  }
}
