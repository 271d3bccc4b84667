import Foundation
import RandomStreams
import TensorFiles
import Testing
import TorchCore

@testable import ResidualNets

@TorchActor
@Suite struct TransformerWeightsTests {
  private let classes = ["ant", "bee", "cat"]

  private func file(_ network: TaskNetwork) throws -> SafetensorsFile {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("w.safetensors")
      try NetworkWeights(network, classes: classes).write(to: url)
      return try SafetensorsFile(contentsOf: url)
    }
  }

  @Test(arguments: TransformerCases.all) func aFileRestoresTheNetwork(subject: NetworkCase) throws {
    let stream = RandomStream(seed: 1)
    let network = try subject.makeRandom(stream)
    let pixels = try subject.pixels(3, stream, dtype: .float32)
    let restored = try NetworkWeights(file(network), path: "w")
    #expect(restored.record.description == subject.description)
    for ((_, from), (_, to)) in zip(network.parts, restored.network.parts) { #expect(try from.state() == to.state()) }
    #expect(try network.deployed().logits(pixels).host() == restored.network.deployed().logits(pixels).host())
  }

  /// Every tensor of more than one dimension is looked for before anything is built, in the shape it has.
  @Test(arguments: TransformerCases.all) func theSkeletonKnowsTheLargeTensors(subject: NetworkCase) throws {
    let network = try subject.make(RandomStream(seed: 1))
    let file = try file(network)
    var named: [String: [Int]] = [:]
    try NetworkSkeleton(record: NetworkWeights(file, path: "w").record).forEach { named[$0] = $1 }
    let large = file.tensors.mapValues(\.shape).filter { $0.value.count > 1 }
    #expect(named == Dictionary(uniqueKeysWithValues: large.map { ($0.key, $0.value) }))
  }

  @Test func aRecordThatClaimsTooMuch() throws {
    let subject = NetworkCase(description: TransformerCases.usual, inputShape: [2, 8, 12], withAdapter: true)
    let file = try file(subject.make(RandomStream(seed: 1)))
    let honest = try NetworkWeights(file, path: "w").record
    let changes: [(inout NetworkRecord) -> Void] = [
      { $0.description.width = 4096 }, { $0.description.width = 1 << 40 }, { $0.description.width = .max },
      { $0.description.depth = 1000 }, { $0.description.depth = .max }, { $0.description.depth = .min },
      { $0.description.patch = 1 }, { $0.description.patch = 0 }, { $0.description.patch = .min },
      { $0.description.patch = .max }, { $0.description.patch = 3 }, { $0.description.patch = 1024 },
      { $0.description.heads = 0 }, { $0.description.heads = 3 }, { $0.description.heads = .max },
      { $0.description.heads = -8 }, { $0.inputShape = [1 << 16, 1 << 16, 1 << 16] },
      { $0.inputShape = [2, .max, 12] },
      { ($0.inputShape, $0.description.patch, $0.description.width) = ([1 << 16, 1 << 16, 1 << 16], 1, 4096) },
      {
        ($0.inputShape, $0.description.patch, $0.description.width) = ([1 << 16, 1 << 16, 1 << 16], 1, 4096)
        $0.description.readout = .flattened
      },
      { $0.inputShape = [] }, { $0.inputShape = [2, 8] }, { $0.inputShape = [2, 0, 12] },
      { $0.inputShape = [2, 8, 13] },
      { $0.description.readout = .flattened }, { $0.adapter?.rank = .max }, { $0.adapter?.rank = 4096 },
      { $0.description.architecture = .mlp }, { $0.description.norm = .batch },
    ]
    for (index, change) in changes.enumerated() {
      var record = honest
      change(&record)
      var lying = file
      lying.metadata[NetworkRecord.metadataKey] = try record.encoded()
      #expect(throws: WeightsError.self, "change \(index)") { try NetworkWeights(lying, path: "w") }
    }
  }

  /// A record of before there were transformers has no `patch` and no `heads`, and means the network it always meant.
  @Test func anOlderRecordIsRead() throws {
    let subject = NetworkCase(description: .init(width: 2))
    var file = try file(subject.make(RandomStream(seed: 1)))
    let text = try #require(file.metadata[NetworkRecord.metadataKey])
    var object = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    var description = try #require(object["description"] as? [String: Any])
    for key in ["patch", "heads", "activation", "constraint"] { #expect(description.removeValue(forKey: key) != nil) }
    object["description"] = description
    file.metadata[NetworkRecord.metadataKey] = String(
      decoding: try JSONSerialization.data(withJSONObject: object), as: UTF8.self)
    #expect(try NetworkWeights(file, path: "w").record.description == subject.description)
  }

  /// Every field of a description survives its JSON.
  @Test func aDescriptionSurvivesItsJSON() throws {
    let it = NetworkDescription(
      architecture: .vit, depth: 3, width: 12, block: .scaled, activation: .maxMin, shortcut: .pooled,
      initialization: .fixup, norm: .layer, readout: .flattened,
      dynamics: .init(step: 0.5, shared: true, alpha: 0.25, beta: 0.125, gateBias: 1),
      survival: 0.75, branchBudget: 0.5, constraint: .almostOrthogonal, headBudget: 3, patch: 7, heads: 6)
    #expect(try JSONDecoder().decode(NetworkDescription.self, from: JSONEncoder().encode(it)) == it)
  }
}
