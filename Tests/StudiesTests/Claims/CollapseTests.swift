import Lipschitz
import RandomStreams
import Testing
import TorchCore

@testable import Studies

@TorchActor @Suite struct CollapseTests {
  init() throws { try Torch.setThreads(1) }

  @Test func yieldsAnOutcome() throws {
    try expectOutcome(of: CollapseStudy())
    try withClaimImages { setting in
      let outcome = try CollapseStudy().run(setting)
      #expect(outcome.judgements[0].outcome == .met, "an exact claim does not depend on the scale")
    }
  }

  @Test(arguments: 0..<20) func singularLayersAreAsLinearAlgebraHasThem(seed: Int) throws {
    let layers = try SingularLayers(RandomStream(seed: UInt64(seed)), size: 5)
    #expect(layers.plainRanks == [4, 3, 2, 1] && layers.residualRanks == [5, 5, 5, 5], "seed \(seed)")
    #expect(layers.rankAtMinusOne == 4 && layers.hold, "seed \(seed): \(layers.detail)")
  }

  @Test func ranksOfExplicitMatrices() throws {
    let matrix = try Tensor([1.0, 2, 2, 4], [2, 2])
    #expect(try numericalRank(matrix, tolerance: 1e-12) == 1)
    #expect(try numericalRank(Tensor.eye(3, dtype: .float64), tolerance: 1e-12) == 3)
    #expect(try numericalRank(Tensor.zeros([3, 3], dtype: .float64), tolerance: 1e-12) == 0)
    // A rotation by a right angle has ±i, at √2 from −1; a reflection has −1 itself.
    #expect(try abs(distanceFromMinusOne(Tensor([0.0, -1, 1, 0], [2, 2])) - 2.0.squareRoot()) < 1e-12)
    #expect(try distanceFromMinusOne(Tensor([1.0, 0, 0, -1], [2, 2])) < 1e-12)
  }

  @Test func jacobiansOfALinearChainAreItsMatrices() throws {
    let a = try Tensor([1.0, 2, 3, 4], [2, 2])
    let b = try Tensor([0.0, 1, -1, 2], [2, 2])
    let chain = NetworkChain(
      embed: { $0 }, steps: [a, b].map { matrix in .init(name: "") { try $0.linear(matrix) } }, readout: { $0 })
    let jacobians = try chain.blockJacobians(at: Tensor([1.0, 1], [1, 2]))
    #expect(try jacobians.map { try $0.doubles() } == [[1, 2, 3, 4], [0, 1, -1, 2]])
    // B·A, not A·B.
    #expect(try productsByDepth(jacobians).map { try $0.doubles() } == [[1, 2, 3, 4], [3, 4, 5, 6]])
  }

  @Test func separationIsOneLessTheMeanCosine() throws {
    #expect(try abs(meanSeparation(Tensor([1.0, 0, 0, 3], [2, 2])) - 1) < 1e-12)
    #expect(try abs(meanSeparation(Tensor([1.0, 2, 2, 4], [2, 2]))) < 1e-12)
    // Cosines 0, 1/√2, 1/√2 over three pairs.
    let three = try meanSeparation(Tensor([1.0, 0, 0, 1, 1, 1], [3, 2]))
    #expect(abs(three - (1 - 2 / (3 * 2.0.squareRoot()))) < 1e-12)
  }
}
