import Lipschitz
import ResidualNets
import Testing
import TorchCore

/// What has no bound is named.
@TorchActor @Suite struct DriftRefusalTests {
  private func drift(_ old: DeployedNetwork, _ new: DeployedNetwork) throws {
    let pixels = try images(2, like: old, seed: 1)
    _ = try logitDrift(from: old, to: new, count: 2) { try pixels.narrowed(0, from: $0.lowerBound, count: $0.count) }
  }

  @Test func layersWithoutAConstantAreNamed() throws {
    let highway = try describedNetwork(NetworkDescription(depth: 8, width: 3, block: .highway), seed: 1)
    let error = #expect(throws: LipschitzError.self) { try drift(highway, moved(highway, by: 0.1, seed: 1)) }
    guard case .unboundable("layer1.0", _) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test func networksThatAreNotBuiltAlikeAreNamed() throws {
    let weight = try Tensor.ones([2, 4], dtype: .float64)
    let bias = try Tensor.zeros([2], dtype: .float64)
    func network(_ stages: [Stage], input: [Int] = [1, 2, 2]) -> DeployedNetwork {
      DeployedNetwork(inputShape: input, body: stages, headWeight: weight, headBias: bias)
    }
    let one = try Tensor.ones([1], dtype: .float64)
    let flat = Stage("flatten", .flatten)
    let plain = network([Stage("n", .normalize(mean: one, std: one)), Stage("a", .relu), flat])
    let others: [(String, DeployedNetwork)] = try [
      ("n", network([Stage("n", .normalize(mean: one, std: one * 2)), Stage("a", .relu), flat])),
      ("a", network([Stage("n", .normalize(mean: one, std: one)), Stage("a", .gelu), flat])),
      ("n", network([Stage("n", .normalize(mean: one, std: one)), Stage("b", .relu), flat])),
      ("input", network([flat], input: [1, 1, 4])),
    ]
    for (layer, other) in others {
      let error = #expect(throws: LipschitzError.self) { try drift(plain, other) }
      guard case .differentStructure(layer, _) = error else {
        Issue.record("\(layer): \(String(describing: error))")
        continue
      }
    }
    func block(_ scale: Double) -> DeployedNetwork {
      network([Stage("block", .residual(shortcut: [], branch: [Stage("f", .relu)], branchScale: scale)), flat])
    }
    #expect(throws: LipschitzError.self) { try drift(block(1), block(0.5)) }
  }
}
