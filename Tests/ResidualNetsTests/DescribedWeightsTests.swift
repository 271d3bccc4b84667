import Foundation
import ResidualNets
import TensorFiles
import Testing
import TorchCore

/// PyTorch's own files, which say nothing of their network.
@TorchActor @Suite struct DescribedWeightsTests {
  private static let fixtures = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")

  @Test(arguments: [("pre", NetworkDescription.BlockKind.preActivation), ("post", .postActivation)])
  func goldenWeightsGiveGoldenLogits(form: String, block: NetworkDescription.BlockKind) throws {
    let path = Self.fixtures.appending(path: "resnet_\(form)_rgb.weights.safetensors")
    var file = try SafetensorsFile(contentsOf: path)
    let golden = try SafetensorsFile(
      contentsOf: Self.fixtures.appending(path: "resnet_\(form)_rgb.golden.safetensors"))
    let images = try Tensor(#require(golden.tensors["images"]))
    let expected = try Tensor(#require(golden.tensors["logits"]))
    let description = NetworkDescription(depth: 8, width: 4, block: block)
    file.tensors["bn1.num_batches_tracked"] = try HostTensor([Int64(3)], shape: [])

    let weights = try NetworkWeights(
      file, path: "weights", description: description, inputShape: Array(images.shape.dropFirst()))
    let logits = try withoutGradients { try weights.network.deployed().logits(images) }
    #expect(try (logits - expected).abs().max().item() < 1e-4)
  }

  @Test func aSmallFileMakesNoLargeNetwork() throws {
    let file = SafetensorsFile(tensors: [
      "fc.weight": try HostTensor([Float](repeating: 0, count: 4), shape: [2, 2]),
      "fc.bias": try HostTensor([Float](repeating: 0, count: 2), shape: [2]),
    ])
    #expect(throws: WeightsError.self) {
      try NetworkWeights(
        file, path: "weights", description: NetworkDescription(depth: 6002, width: 4096), inputShape: [3, 32, 32])
    }
    #expect(throws: WeightsError.self) {
      try NetworkWeights(
        SafetensorsFile(), path: "weights", description: NetworkDescription(), inputShape: [3, 32, 32])
    }
  }
}
