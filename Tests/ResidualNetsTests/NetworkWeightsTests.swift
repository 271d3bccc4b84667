import Foundation
import RandomStreams
import TensorFiles
import Testing
import TorchCore

@testable import ResidualNets

@TorchActor
@Suite struct NetworkWeightsTests {
  private let classes = ["ant", "Bär", "cat \"x\""]

  private func file(_ subject: NetworkCase = .init(description: .init(width: 2))) throws -> SafetensorsFile {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("w.safetensors")
      try NetworkWeights(subject.makeRandom(RandomStream(seed: 1)), classes: classes).write(to: url)
      return try SafetensorsFile(contentsOf: url)
    }
  }

  @Test(arguments: NetworkCase.all) func aFileRestoresTheNetwork(subject: NetworkCase) throws {
    let stream = RandomStream(seed: 1)
    let network = try subject.makeRandom(stream)
    let pixels = try subject.pixels(3, stream, dtype: .float32)
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("w.safetensors")
      try NetworkWeights(network, classes: classes).write(to: url)
      let restored = try NetworkWeights(contentsOf: url)
      #expect(restored.record.classes == classes)
      #expect(restored.record.description == subject.description)
      #expect(restored.network.trunk.inputShape == subject.inputShape)
      #expect((restored.network.adapter != nil) == subject.withAdapter)
      for ((_, from), (_, to)) in zip(network.parts, restored.network.parts) { #expect(try from.state() == to.state()) }
      let (old, new) = try (network.deployed().logits(pixels), restored.network.deployed().logits(pixels))
      #expect(try old.host() == new.host())
    }
  }

  @Test func aPlainStateDictOpensIt() throws {
    let file = try file()
    for key in ["conv1.weight", "layer3.0.bn2.running_var", "fc.weight", "fc.bias", "normalize.mean"] {
      #expect(file.tensors[key] != nil)
    }
  }

  @Test func namesHaveToMatchLogits() throws {
    let network = try NetworkCase(description: .init(width: 2)).make(RandomStream(seed: 1))
    for names in [[], ["a", "b"], ["a", "b", "b"]] {
      #expect(throws: DescriptionError.self) { try NetworkWeights(network, classes: names) }
    }
  }

  /// The record with one thing changed, and a word that the error has to say.
  nonisolated static let lies: [(String?, String)] = [
    (nil, "steadfast.network"), ("", "cannot be read"), ("{", "cannot be read"), ("[]", "cannot be read"),
    ("{}", "schema"), (#"{"schema":7}"#, "schema"), (#"{"schema":"steadfast.network/9"}"#, "steadfast.network/9"),
    (String(repeating: "[", count: 100_000), "cannot be read"),
    (#"{"schema":"steadfast.network/2"}"#, "'description' is missing"),
    (String(repeating: " ", count: 20 << 20), "longer than"),
  ]

  @Test(arguments: lies) func aRecordThatIsNone(json: String?, word: String) throws {
    var file = try file()
    file.metadata[NetworkRecord.metadataKey] = json
    let error = #expect(throws: WeightsError.self) { try NetworkWeights(file, path: "some/file") }
    #expect(error?.description.hasPrefix("some/file: ") == true)
    #expect(error?.reason.contains(word) == true, "\(String(describing: error))")
  }

  /// Claims that would take terabytes are refused from the file's own sizes, before anything is built.
  @Test func aRecordThatClaimsTooMuch() throws {
    for subject in NetworkCase.kinds + NetworkCase.adapters {
      var adapted = subject
      adapted.withAdapter = true
      let file = try file(adapted)
      let json = try #require(file.metadata[NetworkRecord.metadataKey])
      let honest = try JSONDecoder().decode(NetworkRecord.self, from: Data(json.utf8))
      let changes: [(inout NetworkRecord) -> Void] = [
        { $0.description.width = 4096 }, { $0.description.depth = $0.description.architecture == .mlp ? 1000 : 6002 },
        { $0.description.width = 1 << 40 }, { $0.description.depth = .min }, { $0.description.depth = .max },
        { ($0.description.width, $0.description.depth) = (4096, $0.description.architecture == .mlp ? 1000 : 6002) },
        { $0.inputShape = [1 << 16, 1 << 16, 1 << 16] }, { $0.inputShape = [2, .max, .max] }, { $0.inputShape = [] },
        { $0.inputShape = [2, 8] }, { $0.inputShape = [0, 8, 8] }, { $0.inputShape = [-1, -8, -8] },
        { $0.classes = [] }, { $0.classes = ["a", "a", "b"] }, { $0.classes.append("another") },
        { $0.adapter?.rank = 0 }, { $0.adapter?.rank = .max }, { $0.adapter?.depth = .max }, { $0.adapter?.scale = 0 },
        { $0.adapter?.budget = -1 }, { $0.adapter = nil }, { $0.adapter = .init(kind: .side, rank: 4096, depth: 64) },
        {
          $0.description.readout = .flattened
          $0.inputShape[1] = 1 << 16
        },
      ]
      let before = try NetworkWeights(file, path: "w").record
      #expect(before == honest)
      for (index, change) in changes.enumerated() {
        var record = honest
        change(&record)
        var lying = file
        lying.metadata[NetworkRecord.metadataKey] = try record.encoded()
        #expect(throws: WeightsError.self, "change \(index) of \(subject.testDescription)") {
          try NetworkWeights(lying, path: "w")
        }
      }
    }
  }

  @Test func everyTensorIsNeededInItsShape() throws {
    let subject = NetworkCase(
      description: .init(architecture: .mlp, depth: 1, width: 2, norm: .none), withAdapter: true)
    let whole = try file(subject)
    for key in whole.tensors.keys {
      var missing = whole
      missing.tensors[key] = nil
      var misshapen = whole
      misshapen.tensors[key] = try HostTensor([Float](repeating: 0, count: 6), shape: [1, 6, 1])
      for broken in [missing, misshapen] {
        let error = #expect(throws: WeightsError.self) { try NetworkWeights(broken, path: "w") }
        let path = key.hasPrefix("fc.") ? String(key.dropFirst(3)) : key
        let inner = path.hasPrefix("adapter.") ? String(path.dropFirst(8)) : path
        #expect(error?.reason.contains(inner) == true, "\(key): \(String(describing: error))")
      }
    }
    var extra = whole
    extra.tensors["layer7.weight"] = try HostTensor([Float(1)], shape: [1])
    let error = #expect(throws: WeightsError.self) { try NetworkWeights(extra, path: "w") }
    #expect(error?.reason.contains("layer7.weight") == true)
    var surplus = try file()
    surplus.tensors["adapter.conv1.adapter.weight"] = try HostTensor([Float(1)], shape: [1])
    #expect(throws: WeightsError.self) { try NetworkWeights(surplus, path: "w") }
  }

  @Test func aTruncatedFileIsNamed() throws {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("cut.safetensors")
      let bytes = try file().encoded()
      for length in [0, 7, 100, bytes.count / 2, bytes.count - 1] {
        try Data(bytes[..<length]).write(to: url)
        let error = #expect(throws: TensorFileError.self) { try NetworkWeights(contentsOf: url) }
        #expect(error?.path.hasSuffix("cut.safetensors") == true)
      }
      #expect(throws: TensorFileError.self) { try NetworkWeights(contentsOf: folder.appendingPathComponent("absent")) }
    }
  }
}
