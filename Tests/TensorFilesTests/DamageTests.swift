import Foundation
import OrderedCollections
import RandomStreams
import TensorFiles
import Testing

/// Files cut short and files with random bytes changed: an error or a readable file, never a crash.
struct DamageTests {
  typealias Tensors = OrderedDictionary<String, HostTensor>

  struct Format: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let fixtures: [String]
    let read: @Sendable ([UInt8]) throws -> Tensors
  }

  static let formats = [
    Format(
      testDescription: "safetensors", fixtures: ["every_type.safetensors", "plain.safetensors", "escapes.safetensors"]
    ) {
      try SafetensorsFile(bytes: $0, path: "file").tensors
    },
    Format(testDescription: "npy", fixtures: ["version_1.npy", "version_2.npy", "column_major_3d_int16.npy"]) {
      ["": try NPY.decode($0, path: "file")]
    },
    Format(testDescription: "npz", fixtures: ["deflated.npz", "readme.npz"]) { try NPZ.decode($0, path: "file") },
  ]

  @Test(arguments: formats)
  func everyTruncationIsAnError(format: Format) throws {
    for name in format.fixtures {
      let bytes = try Fixtures.bytes(name)
      for count in bytes.indices {
        let error = #expect(throws: TensorFileError.self, "\(name), \(count) bytes") {
          try format.read(Array(bytes.prefix(count)))
        }
        #expect(error?.path == "file", "\(name), \(count) bytes")
      }
    }
  }

  @Test(arguments: formats)
  func randomChangesNeverCrash(format: Format) throws {
    let originals = try format.fixtures.map(Fixtures.bytes)
    var accepted = 0
    for seed in UInt64(0)..<10_000 {
      var random = RandomStream(seed: seed).stream(format.testDescription).generator
      let bytes = random.mutated(originals[Int(seed) % originals.count])
      do {
        let tensors = try format.read(bytes)
        accepted += 1
        for tensor in tensors.values {
          #expect(tensor.shape.reduce(tensor.elementType.byteCount, *) == tensor.bytes.count, "seed \(seed)")
        }
      } catch {
        #expect(error is TensorFileError, "seed \(seed): \(error)")
      }
    }
    #expect(accepted < 10_000)
  }

  /// Damage to the file a reader holds open, here a file that is no longer as long as its directory entry says.
  @Test func aFileCutInHalfOnDiskIsAnError() throws {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("half.safetensors")
      let bytes = try Fixtures.bytes("every_type.safetensors")
      try Data(bytes.prefix(bytes.count / 2)).write(to: url)
      expectFault(.truncated, path: url.path) { try SafetensorsFile(contentsOf: url) }
    }
  }
}
