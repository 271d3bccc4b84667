import Foundation
import RandomStreams
import ResidualNets
import TensorFiles
import Testing
import TorchCore

@testable import Continual

/// A trunk from torchvision's own file.
@TorchActor @Suite struct TrunkWeightsTests {
  private static let fixtures = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "ResidualNetsTests/Fixtures")

  private func trunk(
    _ architecture: NetworkDescription.Architecture = .resnet18, width: Int = 3,
    block: NetworkDescription.BlockKind = .postActivation
  ) throws -> any Trunk {
    try NetworkDescription(
      architecture: architecture, depth: architecture.usualSize.depth, width: width, block: block
    ).makeTrunk(
      inputShape: [3, 32, 32], statistics: .init(mean: [0.1, 0.2, 0.3], std: [0.4, 0.5, 0.6]),
      stream: RandomStream(seed: 3))
  }

  private func file(_ name: String) -> URL {
    Self.fixtures.appending(path: "torchvision_\(name).weights.safetensors")
  }

  @Test func theFeaturesAreThoseOfTheStoredNetwork() throws {
    let trunk = try trunk()
    let remarks = try trunk.loadTrunk(from: file("resnet18"))
    #expect(remarks.count == 1 && remarks.allSatisfy { $0.contains("normalize.mean") }, "\(remarks)")
    let stored = try StoredNetwork(contentsOf: file("resnet18"), inputShape: [3, 32, 32])
    let pixels = try Tensor.uniform([2, 3, 32, 32], RandomStream(seed: 4))
    try withoutGradients {
      let features = try trunk.features(pixels, Passage(adapter: nil, mode: .evaluation))
      let expected = try #require(stored.trained).trunk.features(pixels, Passage(adapter: nil, mode: .evaluation))
      #expect(try (features - expected).abs().max().item() == 0)
    }
  }

  /// The names of ResNet-18 are also those of the first blocks of ResNet-34.
  @Test func anotherNetworkIsRefused() throws {
    func refusal(_ trunk: any Trunk, _ name: String) -> String {
      do {
        _ = try trunk.loadTrunk(from: file(name))
        return "none"
      } catch { return "\(error)" }
    }
    #expect(refusal(try trunk(width: 2), "resnet34").contains("the weights are of a torchvision ResNet-34, width 2"))
    #expect(refusal(try trunk(block: .preActivation), "resnet18").contains("post-activation blocks, batch norm"))
    #expect(refusal(try trunk(width: 4), "resnet18").contains("width 3"))
    try withNormalization(file("resnet34")) { url in
      let trunk = try trunk(width: 2)
      let error = #expect(throws: RunError.self) { try trunk.loadTrunk(from: url) }
      #expect("\(String(describing: error))".contains("layer1.2."), "\(String(describing: error))")
    }
  }

  /// Steps of another length are another function, though every tensor has the same name and shape.
  @Test func theRecordOfTheFileDecides() throws {
    func description(step: Double) -> NetworkDescription {
      NetworkDescription(
        architecture: .mlp, depth: 2, width: 4, block: .forwardEuler, norm: .none, dynamics: .init(step: step))
    }
    func trunk(step: Double) throws -> any Trunk {
      try description(step: step).makeTrunk(
        inputShape: [1, 2, 2], statistics: .init(mean: [0.5], std: [0.5]), stream: RandomStream(seed: 3))
    }
    let written = try trunk(step: 0.1)
    let head = try description(step: 0.1).makeHead(features: 4, classCount: 2, stream: RandomStream(seed: 4))
    let url = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).safetensors")
    defer { try? FileManager.default.removeItem(at: url) }
    try NetworkWeights(TaskNetwork(trunk: written, adapter: nil, head: head), classes: ["a", "b"]).write(to: url)
    #expect(try trunk(step: 0.1).loadTrunk(from: url).isEmpty)
    let other = try trunk(step: 1)
    let error = #expect(throws: RunError.self) { try other.loadTrunk(from: url) }
    #expect("\(String(describing: error))".contains("forward Euler blocks of step 0.1"))
  }

  private func withNormalization(_ url: URL, _ body: (URL) throws -> Void) throws {
    var file = try SafetensorsFile(contentsOf: url)
    for key in ["normalize.mean", "normalize.std"] {
      file.tensors[key] = try HostTensor([Float](repeating: 0.5, count: 3), shape: [3])
    }
    let copy = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).safetensors")
    try file.write(to: copy)
    defer { try? FileManager.default.removeItem(at: copy) }
    try body(copy)
  }
}
