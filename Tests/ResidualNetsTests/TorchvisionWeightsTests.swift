import Foundation
import OrderedCollections
import TensorFiles
import Testing
import TorchCore

@testable import ResidualNets

/// torchvision's own ResNets (`Tools/oracles/torchvision_resnet.py`), recognised by the names and shapes of their
/// files.
@TorchActor @Suite struct TorchvisionWeightsTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let shape: String
    var testDescription: String { "\(name) \(shape)" }
  }

  nonisolated private static let fixtures = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "Fixtures")
  nonisolated private static let cases = ["resnet18", "resnet34", "resnet50"].flatMap { name in
    ["square", "odd"].map { Case(name: name, shape: $0) }
  }

  /// A folder of files of full width, which the oracle writes on demand.
  nonisolated private static let full = ProcessInfo.processInfo.environment["STEADFAST_TORCHVISION"]

  private func expectGoldenLogits(_ subject: Case, in folder: URL) throws {
    let golden = try SafetensorsFile(contentsOf: folder.appending(path: "torchvision_resnet.golden.safetensors"))
    func value(_ key: String) throws -> Tensor { try Tensor(#require(golden.tensors[key], "no \(key)")) }
    let images = try value(subject.shape)
    let exact = try value("\(subject.name).\(subject.shape).logits")
    let single = try value("\(subject.name).\(subject.shape).logits.fp32")

    let stored = try StoredNetwork(
      contentsOf: folder.appending(path: "torchvision_\(subject.name).weights.safetensors"),
      inputShape: Array(images.shape.dropFirst()))
    let trained = try #require(stored.trained)
    try withoutGradients {
      for reference in [exact, single] {
        try expectClose(trained.logits(images, .evaluation), reference, within: 1e-5, "as trained")
        try expectClose(stored.deployed.logits(images), reference, within: 1e-5, "as deployed")
      }
      try trained.mapTensors { try $0.to(.float64) }
      // The reference was rounded to fp32 when it was stored.
      try expectClose(trained.logits(images.to(.float64), .evaluation), exact, within: 2e-7, "in fp64")
    }
  }

  @Test(arguments: cases) func logitsAreTorchvisions(subject: Case) throws {
    try Torch.setThreads(1)
    try expectGoldenLogits(subject, in: Self.fixtures)
  }

  @Test(.enabled(if: full != nil)) func logitsOfFullWidthAreTorchvisions() throws {
    try expectGoldenLogits(Case(name: "resnet18", shape: "full"), in: URL(filePath: try #require(Self.full)))
  }

  @Test(arguments: [("resnet18", 3, 5), ("resnet34", 2, 7), ("resnet50", 2, 4)])
  func aFileSaysWhatItIs(name: String, width: Int, classes: Int) throws {
    let stored = try StoredNetwork(
      contentsOf: Self.fixtures.appending(path: "torchvision_\(name).weights.safetensors"))
    let description = try #require(stored.trained?.trunk.description)
    #expect(description.architecture.rawValue == name && description.width == width)
    #expect(description.block == .postActivation && description.norm == .batch)
    #expect(stored.deployed.inputShape == [3, 224, 224] && stored.deployed.classCount == classes)
    #expect(stored.classes == nil)
    #expect(stored.remarks.contains { $0.contains("224×224") }, "\(stored.remarks)")
    #expect(stored.remarks.contains { $0.contains("normalize.mean") }, "\(stored.remarks)")
  }

  @Test func aNormalisationInTheFileIsUsed() throws {
    var file = try SafetensorsFile(
      contentsOf: Self.fixtures.appending(path: "torchvision_resnet18.weights.safetensors"))
    let pixels = try Tensor.full(0.5, [1, 3, 32, 32])
    let plain = try network(file)
    file.tensors["normalize.mean"] = try HostTensor([Float](repeating: 0.25, count: 3), shape: [3])
    file.tensors["normalize.std"] = try HostTensor([Float](repeating: 0.5, count: 3), shape: [3])
    let normalized = try network(file)
    #expect(normalized.remarks.count == plain.remarks.count - 1)
    // (0.5 − 0.25) / 0.5 is 0.5 again; (0.75 − 0.25) / 0.5 is 1.
    try expectClose(normalized.deployed.logits(pixels), plain.deployed.logits(pixels), within: 1e-6)
    try expectClose(
      normalized.deployed.logits(pixels * 1.5), plain.deployed.logits(pixels * 2), within: 1e-6)
  }

  private func network(_ file: SafetensorsFile, inputShape: [Int]? = [3, 32, 32]) throws -> StoredNetwork {
    try withTemporaryFolder { folder in
      let url = folder.appending(path: "weights.safetensors")
      try file.write(to: url)
      return try StoredNetwork(contentsOf: url, inputShape: inputShape)
    }
  }

  nonisolated private static func zeros(_ shape: [Int]) throws -> HostTensor {
    try HostTensor([Float](repeating: 0, count: shape.reduce(1, *)), shape: shape)
  }

  typealias Tensors = OrderedDictionary<String, HostTensor>

  /// What is wrong with a file, and a word of the refusal.
  nonisolated private static let faults: [(String, @Sendable (inout Tensors) throws -> Void)] = [
    ("layer3.1.bn2.weight' is missing", { $0["layer3.1.bn2.weight"] = nil }),
    ("'layer4.1.conv2.weight' of shape", { $0["layer4.1.conv2.weight"] = nil }),
    ("not out×in×7×7", { $0["conv1.weight"] = try zeros([3, 3, 3, 3]) }),
    ("not out×in×7×7", { $0["conv1.weight"] = try zeros([0, 3, 7, 7]) }),
    ("not out×in×7×7", { $0["conv1.weight"] = try zeros([0, 1 << 40, 7, 7]) }),
    ("not out×in×7×7", { $0["conv1.weight"] = try zeros([1 << 40, 0, 7, 7]) }),
    ("not out×in×7×7", { $0["conv1.weight"] = try zeros([3]) }),
    ("width of resnet18", { $0["conv1.weight"] = try zeros([1025, 3, 7, 7]) }),
    ("the network needs [4, 4, 3, 3]", { $0["conv1.weight"] = try zeros([4, 3, 7, 7]) }),
    ("is empty", { $0["fc.weight"] = try zeros([1 << 40, 0]) }),
    ("there is no head", { $0["fc.weight"] = nil }),
    ("the network needs [5, 24]", { $0["fc.weight"] = try zeros([5, 25]) }),
    ("[2, 2, 2, 3] blocks", { $0["layer4.2.conv1.weight"] = try zeros([1]) }),
    ("[2, 2, 2, 0] blocks", { it in for key in it.keys where key.hasPrefix("layer4.") { it[key] = nil } }),
    ("three convolutions", { $0["layer1.0.conv3.weight"] = try zeros([1]) }),
    ("numbered one after another", { $0["layer2.\(Int.max).conv1.weight"] = try zeros([1]) }),
    ("belongs to no block", { $0["layer2.-1.conv1.weight"] = try zeros([1]) }),
    ("belongs to no block", { $0["layer2.01.conv1.weight"] = try zeros([1]) }),
    ("belongs to no block", { $0["layer2.weight"] = try zeros([1]) }),
    ("'layer5.0.conv1.weight' belongs to no part", { $0["layer5.0.conv1.weight"] = try zeros([1]) }),
    ("'0.weight' belongs to no part", { $0["0.weight"] = try zeros([2, 2]) }),
    (
      "the network needs real numbers",
      { it in
        it["bn1.weight"] = try HostTensor([Int64](repeating: 1, count: 3), shape: [3])
      }
    ),
  ]

  @Test(arguments: faults.indices) func whatDoesNotFitIsRefused(index: Int) throws {
    let (word, change) = Self.faults[index]
    var file = try SafetensorsFile(
      contentsOf: Self.fixtures.appending(path: "torchvision_resnet18.weights.safetensors"))
    try change(&file.tensors)
    let error = #expect(throws: WeightsError.self) { try network(file) }
    #expect(error?.description.contains(word) ?? false, "\(error.map(String.init(describing:)) ?? "") lacks \(word)")
  }

  @Test func imagesOfOtherChannelsAreRefused() throws {
    let file = try SafetensorsFile(
      contentsOf: Self.fixtures.appending(path: "torchvision_resnet50.weights.safetensors"))
    let error = #expect(throws: WeightsError.self) { try network(file, inputShape: [1, 32, 32]) }
    #expect(error?.reason.contains("3 channels, and these have 1") ?? false)
  }
}
