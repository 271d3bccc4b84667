import RandomStreams
import ResidualNets
import Testing
import TorchCore

@testable import Lipschitz

/// Convolutions and linear layers with MaxMin between them.
@TorchActor @Suite struct MaxMinBoundTests {
  private func network(seed: Int) throws -> DeployedNetwork {
    let stream = RandomStream(seed: UInt64(seed)).stream("maxmin")
    let body = [
      try convolution("conv", (1, 4), stride: 2, stream), Stage("act1", .maxMin), Stage("flatten", .flatten),
      Stage(
        "linear",
        .linear(
          weight: try Tensor.normal([6, 36], stream.stream("w")) * 0.2, bias: try .normal([6], stream.stream("b")))
      ),
      Stage("act2", .maxMin),
    ]
    return DeployedNetwork(
      inputShape: [1, 6, 6], body: body, headWeight: try .normal([3, 6], stream.stream("head")),
      headBias: try .zeros([3]))
  }

  /// Near and far pairs; MaxMin itself counts as 1.
  @Test func pairsNeverExceedTheBound() throws {
    for seed in 0..<10 {
      let network = try network(seed: seed)
      let exact = try network.mappingTensors { try $0.to(.float64) }
      let bound = try network.lipschitzBound()
      #expect(bound.layers.filter { $0.name.hasPrefix("act") }.map(\.upper) == [1, 1])
      let stream = RandomStream(seed: UInt64(seed)).stream("pairs")
      for scale in [1e-4, 1.0] {
        let a = try Tensor.normal([200, 1, 6, 6], stream.stream("a"), dtype: .float64)
        let b = try a + Tensor.normal([200, 1, 6, 6], stream.stream("b"), dtype: .float64) * scale
        let (apart, moved) = try (sampleNorms(a - b), sampleNorms(exact.features(a) - exact.features(b)))
        let ratios = zip(moved, apart).map { $0 / $1 }
        #expect(ratios.allSatisfy { $0 <= bound.featureUpper } && (ratios.max() ?? 0) > 0.05 * bound.featureUpper)
      }
    }
  }

  /// It selects: no error is added, and what single precision really does is covered.
  @Test func roundingIsCovered() throws {
    for seed in 0..<10 {
      let network = try network(seed: seed)
      let exact = try network.mappingTensors { try $0.to(.float64) }
      let bound = try network.lipschitzBound()
      let pixels = try Tensor.uniform([16, 1, 6, 6], RandomStream(seed: 3).stream(seed))
      var state = try ForwardError(pixels: pixels.to(.float64))
      for (place, stage) in exact.body.enumerated() {
        let before = state
        try state.pass([stage], [bound.body[place]], basis: .singlePrecision)
        guard case .maxMin = stage.operation else { continue }
        #expect(try state.single.doubles() == before.single.doubles() && state.growth == before.growth)
      }
      let errors = try sampleNorms(network.features(pixels).to(.float64) - exact.features(pixels.to(.float64)))
      #expect(zip(errors, try state.single.doubles()).allSatisfy { $0 <= $1 }, "seed \(seed)")
    }
  }

  /// Scaled blocks with α = β/c² and almost orthogonal layers of budget c: whatever the weights, no block expands.
  @Test(arguments: [NetworkDescription.Architecture.mlp, .resnet])
  func aScaledNetworkIsNonexpansiveByConstruction(architecture: NetworkDescription.Architecture) throws {
    for seed in UInt64(0)..<3 {
      let description = NetworkDescription(
        architecture: architecture, depth: 8, width: 4, block: .scaled, activation: .maxMin, norm: .none,
        readout: .flattened, dynamics: .init(alpha: 0.5 / (0.7 * 0.7), beta: 0.5), branchBudget: 0.7,
        constraint: .almostOrthogonal)
      let stream = RandomStream(seed: seed)
      let trunk = try description.makeTrunk(
        inputShape: [1, 8, 8], statistics: PixelStatistics(mean: [0.4], std: [0.25]), stream: stream)
      for parameter in trunk.trainableParameters.values {
        let drawn = try Tensor.normal(parameter.value.shape, stream.stream("\(parameter.value.count)"))
        try withoutGradients { try parameter.value.assign(drawn * 30) }
      }
      let head = try description.makeHead(features: trunk.featureCount, classCount: 3, stream: stream)
      let bound = try TaskNetwork(trunk: trunk, adapter: nil, head: head).deployed().lipschitzBound()
      #expect(bound.blocks.count == trunk.blocks.count && bound.blocks.allSatisfy { $0.upper <= 1 + 1e-3 })
      #expect(bound.featureUpper <= 4 * (1 + 1e-2), "\(bound.featureUpper)")
    }
  }
}
