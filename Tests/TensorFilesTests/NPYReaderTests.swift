import Foundation
import TensorFiles
import Testing

/// Arrays read in pieces.
struct NPYReaderTests {
  /// The checksum of an array counts even where there is nothing to read of it.
  @Test(arguments: [false, true])
  func checksumsOfEmptyArraysAreVerified(compressed: Bool) throws {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("a.npz")
      var bytes = try NPZ.encode(["empty": HostTensor([UInt8](), shape: [0, 3])], compressed: compressed)
      try Data(bytes).write(to: url)
      let reader = try #require(try NPZReader(contentsOf: url).array("empty"))
      #expect(reader.remaining == 0 && reader.shape == [0, 3])
      try reader.read(into: UnsafeMutableRawBufferPointer(start: nil, count: 0))
      bytes[14] ^= 1
      bytes[try NPZTests.record(in: bytes) + 16] ^= 1
      try Data(bytes).write(to: url)
      let error = expectFault(.malformed) { try NPZReader(contentsOf: url).array("empty") }
      #expect(error?.reason.contains("checksum") == true)
    }
  }

  @Test func digitsOfOtherScriptsAreNoSizes() throws {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("a.npy")
      for (description, isRead) in [("<u8", true), ("<u⑧", false), ("<u８", false), ("<u3", false), ("<u", false)] {
        let header = "{'descr': '\(description)', 'fortran_order': False, 'shape': (1,), }"
        try Data(npyBytes(header, dataBytes: 8)).write(to: url)
        if isRead {
          #expect(try NPYReader(contentsOf: url).byteCount == 8)
        } else {
          expectFault(.unsupported, "\(description)") { try NPYReader(contentsOf: url) }
        }
      }
    }
  }
}
