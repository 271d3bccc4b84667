import Foundation
import OrderedCollections
import TensorFiles
import Testing

/// Files made by the formats' own libraries, and what those libraries see in them.
struct GoldenFileTests {
  struct Facts: Decodable {
    struct Tensor: Decodable {
      let type: String
      let shape: [Int]
      let hex: String
    }
    let metadata: [String: String]
    let tensors: [String: Tensor]
  }

  static func readAny(_ name: String) throws -> SafetensorsFile {
    let url = Fixtures.url(name)
    switch url.pathExtension {
    case "safetensors": return try SafetensorsFile(contentsOf: url)
    case "npz": return SafetensorsFile(tensors: try NPZ.read(contentsOf: url))
    default: return SafetensorsFile(tensors: ["": try NPY.read(contentsOf: url)])
    }
  }

  @Test func everyFileHoldsWhatItsLibrarySees() throws {
    let golden = try Fixtures.decoded("golden.json", as: [String: Facts].self)
    #expect(golden.count == 28)
    for (name, facts) in golden {
      let file = try Self.readAny(name)
      #expect(file.metadata == facts.metadata, "\(name)")
      #expect(Set(file.tensors.keys) == Set(facts.tensors.keys), "\(name)")
      for (key, expected) in facts.tensors {
        let tensor = try #require(file.tensors[key], "\(name): \(key)")
        #expect(tensor.elementType.rawValue == expected.type, "\(name): \(key)")
        #expect(tensor.shape == expected.shape, "\(name): \(key)")
        #expect(tensor.bytes.map { String(format: "%02x", $0) }.joined() == expected.hex, "\(name): \(key)")
      }
    }
  }

  @Test func whatCannotBeReadIsRefusedByTheRightCode() throws {
    let refused = try Fixtures.decoded("refused.json", as: [String: TensorFileError.Code].self)
    #expect(refused.count == 10)
    for (name, code) in refused {
      expectFault(code, path: Fixtures.url(name).path, name) { try Self.readAny(name) }
    }
  }

  @Test func theReasonNamesTheElementType() {
    let error = expectFault(.unsupported) { try SafetensorsFile(contentsOf: Fixtures.url("uint32.safetensors")) }
    #expect(error?.reason.contains("U32") == true)
    let other = expectFault(.unsupported) { try NPY.read(contentsOf: Fixtures.url("big_endian.npy")) }
    #expect(other?.reason.contains(">f4") == true)
  }

  @Test func valuesAreThoseWrittenByNumPy() throws {
    let plain = try SafetensorsFile(contentsOf: Fixtures.url("plain.safetensors"))
    #expect(try plain.tensors["b"]?.values(as: Float.self) == [0, 1, 2, 3, 4, 5])
    #expect(try plain.tensors["a"]?.values(as: Double.self) == [1, 1, 1])
    #expect(try NPY.read(contentsOf: Fixtures.url("scalar.npy")).values(as: Int64.self) == [-7])
    #expect(try NPY.read(contentsOf: Fixtures.url("vector.npy")).values(as: UInt8.self) == [0, 1, 2, 3, 4])
  }

  @Test(
    arguments: ElementType.allCases.filter { $0 != .bfloat16 }.map(\.rawValue) + [
      "short_header", "long_header", "version_1", "scalar", "vector", "empty",
    ])
  func encodedNPYHasTheBytesOfNumPy(name: String) throws {
    let bytes = try Fixtures.bytes("\(name).npy")
    #expect(try NPY.encode(NPY.decode(bytes, path: name)) == bytes)
  }

  @Test func versionsDifferOnlyInTheirHeaders() throws {
    let first = try NPY.read(contentsOf: Fixtures.url("version_1.npy"))
    #expect(try NPY.read(contentsOf: Fixtures.url("version_2.npy")) == first)
    #expect(try NPY.read(contentsOf: Fixtures.url("version_3.npy")) == first)
  }
}
