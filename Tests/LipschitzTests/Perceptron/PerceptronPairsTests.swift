import RandomStreams
import ResidualNets
import Testing
import TorchCore

@testable import Lipschitz

/// What happens to pairs of classes that are too many or have no bound of their own.
@TorchActor @Suite struct PerceptronPairsTests {
  init() throws { try Torch.setThreads(1) }

  private func network(classes: Int, twins: Bool = false) throws -> DeployedNetwork {
    let stream = RandomStream(seed: 8).stream("pairs")
    var head = try Tensor.normal([classes, 6], stream.stream("head"), dtype: .float64)
    if twins {
      let first = try head.narrowed(0, from: 0, count: 1)
      head = try .concatenated([first, first, head.narrowed(0, from: 2, count: classes - 2)])
    }
    return try perceptron([.normal([6, 4], stream.stream("first"), dtype: .float64), head])
  }

  /// Of two classes with the same weights the difference is 0, about which this way alone says nothing.
  @Test func oneRefusedPairLeavesTheOthers() throws {
    let network = try network(classes: 4, twins: true)
    let settings = PerceptronSettings.only(.equalMultipliers)
    let pairs = try network.perceptronPairBounds(settings)
    #expect(pairs[0][1] == .infinity && pairs[1][0] == .infinity)
    #expect(pairs[2][3].isFinite && pairs[0][2].isFinite)
    let bound = try network.lipschitzBound(tightening: settings)
    #expect(bound.perceptron?.method == .equalMultipliers)
    #expect(bound.upper(between: 2, and: 3, distance: 100) == pairs[2][3])
    #expect(bound.upper(between: 0, and: 1, distance: 0) == 0)
  }

  @Test func beyondTheLimitNoneIsBounded() throws {
    let network = try network(classes: 6)
    for (most, isBounded) in [(15, true), (14, false)] {
      var settings = PerceptronSettings.only(.product)
      settings.mostPairs = most
      let bound = try network.lipschitzBound(tightening: settings)
      #expect((bound.pairs != nil) == isBounded && bound.perceptron != nil, "\(most)")
    }
    #expect(PerceptronSettings().mostPairs < 1000 * 999 / 2)
  }
}
