import RandomStreams
import Testing
import TorchCore

@testable import ResidualNets

@TorchActor @Suite struct PerceptronTests {
  private let description = NetworkDescription(
    architecture: .perceptron, depth: 2, width: 400, block: .plain, norm: .none)

  private func trunk(_ description: NetworkDescription, _ inputShape: [Int]) throws -> any Trunk {
    try description.makeTrunk(
      inputShape: inputShape, statistics: PixelStatistics(mean: [0], std: [1]), stream: RandomStream(seed: 4))
  }

  /// 784·400 + 400 + 400·400 + 400: the network of two hidden layers that the published Split-MNIST figures are of.
  @Test func itHasTheParametersOfItsLayers() throws {
    #expect(try trunk(description, [1, 28, 28]).parameterCount == 474_400)
  }

  @Test func itIsItsLayersOneBehindTheOther() throws {
    var small = description
    (small.depth, small.width) = (3, 5)
    let trunk = try trunk(small, [1, 3, 4])
    let tensors = try trunk.state().mapValues { try Tensor($0) }
    let pixels = try Tensor.uniform([7, 1, 3, 4], RandomStream(seed: 6))
    var expected = try pixels.reshaped([7, 12])
    for layer in ["input", "layers.1.linear", "layers.2.linear"] {
      let (weight, bias) = (try #require(tensors["\(layer).weight"]), try #require(tensors["\(layer).bias"]))
      expected = try (expected.matmul(weight.transposed()) + bias).relu()
    }
    let features = try trunk.features(pixels, Passage(adapter: nil, mode: .evaluation))
    #expect(try (features - expected).abs().max().item() < 1e-6)
  }

  @Test(arguments: [NetworkDescription.BlockKind.preActivation, .postActivation, .highway])
  func shortcutsAreRefused(_ block: NetworkDescription.BlockKind) throws {
    var other = description
    other.block = block
    #expect { try other.validate() } throws: { "\($0)".contains("a perceptron has no norm and no shortcuts") }
  }
}
