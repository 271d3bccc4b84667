import RandomStreams
import Testing
import TorchCore

@testable import Lipschitz
@testable import ResidualNets

/// Attention behind the layer norms of a whole transformer.
@TorchActor @Suite struct NetworkAttentionTests {
  init() throws { try Torch.setThreads(1) }

  private func transformer(_ stream: RandomStream) throws -> DeployedNetwork {
    let description = NetworkDescription(architecture: .vit, depth: 2, width: 8, norm: .layer, heads: 2)
    let trunk = try description.makeTrunk(
      inputShape: [1, 8, 8], statistics: PixelStatistics(mean: [0.5], std: [0.25]), stream: stream)
    for (path, parameter) in Members(of: trunk).parameters where path.contains("ln_1") {
      let scale: Double = path.hasSuffix("weight") ? 1 : 0
      try parameter.value.assign(Tensor.normal(parameter.value.shape, stream.stream(path)) * 0.5 + scale)
    }
    let head = try description.makeHead(features: trunk.featureCount, classCount: 3, stream: stream)
    return try TaskNetwork(trunk: trunk, adapter: nil, head: head).deployed()
  }

  /// What a layer norm makes of anything lies in its set, and no secant of the attention behind it is steeper than the
  /// bound, for tokens of any size and direction.
  @Test func boundsHoldForEveryInput() throws {
    for seed in 0..<5 as Range<UInt64> {
      let stream = RandomStream(seed: seed)
      let network = try transformer(stream)
      let bounds = try network.attentionBounds(stream: stream)
      #expect(bounds.map(\.name) == ["layers.0.self_attention", "layers.1.self_attention"])
      let branches = network.body.compactMap { stage -> [Stage]? in
        guard case .residual(_, let branch, _) = stage.operation,
          branch.contains(where: { if case .attention = $0.operation { true } else { false } })
        else { return nil }
        return branch
      }
      #expect(branches.count == 2)
      for (bound, branch) in zip(bounds, branches) {
        #expect(bound.tokens == 4 && bound.lower > 0 && bound.lower <= bound.upper, "\(bound.lower), \(bound.upper)")
        let stages = try branch.map { try $0.mappingTensors { try $0.to(.float64) } }
        let gamma = try Tensor(bound.set.scale, [8])
        let beta = try Tensor(bound.set.centre, [8])
        for place in 0..<20 {
          let own = stream.stream("tokens").stream(place)
          let size = [1e-3, 1, 1e3][place % 3]
          let first = try Tensor.normal([1, 4, 8], own.stream(0), dtype: .float64) * size
          let second =
            try place < 10
            ? Tensor.normal([1, 4, 8], own.stream(1), dtype: .float64) * size
            : first + Tensor.normal([1, 4, 8], own.stream(1), dtype: .float64) * (1e-3 * size)
          let (a, b) = (try stages[0].apply(first), try stages[0].apply(second))
          let lengths = try ((a - beta) / gamma).squared().sum([-1]).sqrt()
          #expect(try lengths.max().item() <= bound.set.radius * (1 + 1e-12))
          let rest = Array(stages[1...2])
          let rise = try (rest.apply(a) - rest.apply(b)).norm().item()
          let run = try (a - b).norm().item()
          #expect(rise <= bound.upper * run * (1 + 1e-9), "seed \(seed), place \(place)")
        }
      }
    }
  }

  @Test func networksWithoutAttentionHaveNone() throws {
    let stream = RandomStream(seed: 1)
    let description = NetworkDescription(architecture: .perceptron, depth: 2, width: 4, block: .plain, norm: .none)
    let trunk = try description.makeTrunk(
      inputShape: [1, 2, 2], statistics: PixelStatistics(mean: [0], std: [1]), stream: stream)
    let head = try description.makeHead(features: 4, classCount: 2, stream: stream)
    let network = try TaskNetwork(trunk: trunk, adapter: nil, head: head).deployed()
    #expect(try network.attentionBounds(stream: stream).isEmpty)
  }
}
