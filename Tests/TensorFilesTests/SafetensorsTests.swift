import Foundation
import RandomStreams
import TensorFiles
import Testing

struct SafetensorsTests {
  @Test func randomContentComesBack() throws {
    for seed in UInt64(0)..<200 {
      var random = RandomStream(seed: seed).generator
      let tensors = try random.tensors()
      let metadata = Dictionary((0..<3).map { _ in (random.name(), random.name()) }) { $1 }
      let file = SafetensorsFile(tensors: tensors, metadata: metadata)
      let bytes = try file.encoded()
      #expect(try SafetensorsFile(bytes: bytes, path: "") == file, "seed \(seed)")
      #expect(try SafetensorsFile(bytes: bytes, path: "").encoded() == bytes, "seed \(seed)")
    }
  }

  @Test func theSameContentGivesTheSameBytes() throws {
    let keys = (0..<50).map { "key \($0)" }
    let forward = SafetensorsFile(metadata: Dictionary(uniqueKeysWithValues: keys.map { ($0, $0) }))
    var backward = SafetensorsFile()
    for key in keys.reversed() { backward.metadata[key] = key }
    #expect(try forward.encoded() == backward.encoded())
  }

  @Test func everyTensorIsAligned() throws {
    var file = SafetensorsFile()
    file.tensors["flags"] = try HostTensor([true, false, true], shape: [3])
    file.tensors["halves"] = try HostTensor([1, 2, 3] as [Int16], shape: [3])
    file.tensors["doubles"] = try HostTensor([1.5], shape: [])
    let bytes = try file.encoded()
    let headerBytes = Int(bytes[0]) | Int(bytes[1]) << 8
    #expect(headerBytes % 8 == 0)
    let expected: [UInt8] = [0, 0, 0, 0, 0, 0, 0xF8, 0x3F, 1, 0, 2, 0, 3, 0, 1, 0, 1]
    #expect(Array(bytes[(8 + headerBytes)...]) == expected)
    #expect(try SafetensorsFile(bytes: bytes, path: "").tensors.keys == ["flags", "halves", "doubles"])
  }

  @Test func filesOnDiskComeBack() throws {
    try withTemporaryFolder { folder in
      var random = RandomStream(seed: 3).generator
      let file = SafetensorsFile(tensors: try random.tensors(), metadata: ["a": "b"])
      let url = folder.appendingPathComponent("weights.safetensors")
      try file.write(to: url)
      #expect(try SafetensorsFile(contentsOf: url) == file)
      #expect(try Array(Data(contentsOf: url)) == file.encoded())
    }
  }

  @Test func theMetadataKeyNamesNoTensor() throws {
    let file = SafetensorsFile(tensors: ["__metadata__": try HostTensor([1] as [Float], shape: [1])])
    expectFault(.malformed) { try file.encoded() }
  }

  @Test func spacesAfterTheHeaderAreAllowed() throws {
    #expect(try SafetensorsFile(bytes: safetensorsBytes("{}     "), path: "") == SafetensorsFile())
  }
}
