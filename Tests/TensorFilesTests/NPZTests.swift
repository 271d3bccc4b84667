import Foundation
import OrderedCollections
import RandomStreams
import TensorFiles
import Testing

struct NPZTests {
  /// One array of 4,000 zero bytes, deflated; its name is "zeros".
  static func archive(compressed: Bool = true) throws -> [UInt8] {
    try NPZ.encode(["zeros": HostTensor([UInt8](repeating: 0, count: 4000), shape: [4000])], compressed: compressed)
  }

  /// Where the only record of the directory starts.
  static func record(in archive: [UInt8]) throws -> Int {
    try #require(archive.indices.dropLast(3).first { Array(archive[$0..<$0 + 4]) == [0x50, 0x4B, 1, 2] })
  }

  /// The archive with the four bytes at `offset` of the directory's record replaced.
  static func archive(setting offset: Int, to value: UInt32) throws -> [UInt8] {
    var bytes = try archive()
    let start = try record(in: bytes) + offset
    withUnsafeBytes(of: value.littleEndian) { bytes.replaceSubrange(start..<start + 4, with: $0) }
    return bytes
  }

  @Test(arguments: [false, true])
  func randomArraysComeBack(compressed: Bool) throws {
    for seed in UInt64(0)..<100 {
      var random = RandomStream(seed: seed).generator
      let tensors = try random.tensors(of: NPYTests.types)
      let bytes = try NPZ.encode(tensors, compressed: compressed)
      #expect(try NPZ.decode(bytes, path: "") == tensors, "seed \(seed)")
      #expect(try NPZ.encode(tensors, compressed: compressed) == bytes, "seed \(seed)")
    }
  }

  @Test func filesOnDiskComeBack() throws {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("a.npz")
      let tensors: OrderedDictionary = ["x": try HostTensor([1, 2, 3] as [Float], shape: [3])]
      try NPZ.write(tensors, to: url)
      #expect(try NPZ.read(contentsOf: url) == tensors)
      try NPZ.write(tensors, to: url, compressed: true)
      #expect(try NPZ.read(contentsOf: url) == tensors)
    }
  }

  @Test func theLimitHoldsForWhatTheArchiveExpandsTo() throws {
    let bytes = try Self.archive()
    #expect(bytes.count < 400)
    expectFault(.tooLarge, path: "file") { try NPZ.decode(bytes, path: "file", maximumBytes: 4000) }
    #expect(try NPZ.decode(bytes, path: "file", maximumBytes: 4128).count == 1)
  }

  @Test func sizesThatLieAreRefused() throws {
    let expanded = 24
    expectFault(.malformed, "shorter") { try NPZ.decode(Self.archive(setting: expanded, to: 4127), path: "") }
    expectFault(.truncated, "longer") { try NPZ.decode(Self.archive(setting: expanded, to: 4129), path: "") }
    expectFault(.malformed, "beyond deflate") {
      try NPZ.decode(Self.archive(setting: expanded, to: 0xFFFF_FFF0), path: "", maximumBytes: .max)
    }
    expectFault(.unsupported, "ZIP64") { try NPZ.decode(Self.archive(setting: expanded, to: .max), path: "") }
    let stored = 20
    expectFault(.malformed, "outside") { try NPZ.decode(Self.archive(setting: stored, to: 100_000), path: "") }
    expectFault(.truncated, "cut stream") { try NPZ.decode(Self.archive(setting: stored, to: 20), path: "") }
  }

  @Test func damageIsSeenByTheChecksum() throws {
    var bytes = try Self.archive(compressed: false)
    let data = try Self.record(in: bytes) - 1
    bytes[data] ^= 1
    let error = expectFault(.malformed, path: "file") { try NPZ.decode(bytes, path: "file") }
    #expect(error?.reason.contains("checksum") == true)
  }

  @Test func encryptedEntriesAreRefused() throws {
    // Flags and method share four bytes: bit 0 of the first says "encrypted".
    expectFault(.unsupported) { try NPZ.decode(Self.archive(setting: 8, to: 0x0008_0801), path: "") }
  }

  /// A bomb of many directory records that share one stretch of data.
  @Test func entriesThatOverlapAreRefused() throws {
    var bytes = try Self.archive()
    let start = try Self.record(in: bytes)
    let end = bytes.count - 22
    let record = Array(bytes[start..<end])
    bytes.replaceSubrange(start..<end, with: record + record)
    let tail = bytes.count - 22
    (bytes[tail + 8], bytes[tail + 10], bytes[tail + 12]) = (2, 2, UInt8(2 * record.count))
    let error = expectFault(.malformed) { try NPZ.decode(bytes, path: "") }
    #expect(error?.reason.contains("overlap") == true)
  }

  @Test func whatIsNoArchiveIsRefused() {
    expectFault(.truncated) { try NPZ.decode([], path: "") }
    expectFault(.truncated) { try NPZ.decode(Array("a text that is no archive, but long enough".utf8), path: "") }
    expectFault(.truncated) { try NPZ.decode([UInt8](repeating: 0x50, count: 100_000), path: "") }
  }
}
