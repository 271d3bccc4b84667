import Foundation
import RandomStreams
import TensorFiles
import Testing

struct NPYTests {
  static let types = ElementType.allCases.filter { $0 != .bfloat16 }

  @Test func randomArraysComeBack() throws {
    for seed in UInt64(0)..<200 {
      var random = RandomStream(seed: seed).generator
      let tensor = try random.tensor(of: Self.types)
      #expect(try NPY.decode(NPY.encode(tensor), path: "") == tensor, "seed \(seed)")
    }
  }

  @Test func filesOnDiskComeBack() throws {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("a.npy")
      let tensor = try HostTensor([1, 2, 3] as [Float], shape: [3])
      try NPY.write(tensor, to: url)
      #expect(try NPY.read(contentsOf: url) == tensor)
      let brain = try HostTensor(elementType: .bfloat16, shape: [], bytes: [0, 0])
      expectFault(.unsupported, path: url.path) { try NPY.write(brain, to: url) }
      #expect(try NPY.read(contentsOf: url) == tensor)
    }
  }

  /// The element at (i, j, k) of a column-major array of shape (a, b, c) is number i + a·(j + b·k).
  @Test func columnMajorArraysAreTransposed() throws {
    for seed in UInt64(0)..<50 {
      let stream = RandomStream(seed: seed)
      let (a, b, c) = (
        stream.integer(below: 5, at: 0) + 1, stream.integer(below: 5, at: 1) + 1, stream.integer(below: 5, at: 2) + 1
      )
      var bytes = npyBytes("{'descr': '<i4', 'fortran_order': True, 'shape': (\(a), \(b), \(c)), }\n")
      for number in Int32(0)..<Int32(a * b * c) { withUnsafeBytes(of: number.littleEndian) { bytes += $0 } }
      let values = try NPY.decode(bytes, path: "").values(as: Int32.self)
      for i in 0..<a {
        for j in 0..<b {
          for k in 0..<c { #expect(values[(i * b + j) * c + k] == Int32(i + a * (j + b * k)), "seed \(seed)") }
        }
      }
    }
  }

  static let headers: [(String, Int, TensorFileError.Code)] = [
    ("{'descr': '|u1', 'fortran_order': False, 'shape': (2,), }", 1, .truncated),
    ("{'descr': '|u1', 'fortran_order': False, 'shape': (2,), }", 3, .malformed),
    ("{'descr': '|u1', 'fortran_order': False, 'shape': (2), }", 2, .malformed),
    ("{'descr': '|u1', 'fortran_order': False, 'shape': (-2,), }", 2, .malformed),
    ("{'descr': '|u1', 'fortran_order': False, 'shape': [2], }", 2, .malformed),
    ("{'descr': '|u1', 'fortran_order': 0, 'shape': (2,), }", 2, .malformed),
    ("{'descr': '|u1', 'fortran_order': False, }", 2, .malformed),
    ("{'descr': '|u1', 'descr': '|u1', 'fortran_order': False, 'shape': (2,), }", 2, .malformed),
    ("{'descr': '|u1', 'fortran_order': False, 'shape': (2,), 'x': 1}", 2, .malformed),
    ("{'descr': '|u1', 'fortran_order': False, 'shape': (2,), } x", 2, .malformed),
    ("{'descr': '|u1', 'fortran_order': False, 'shape': (2,)", 2, .malformed),
    ("{'descr': '|u1", 2, .malformed),
    ("", 2, .malformed),
    ("{'descr': '<u4', 'fortran_order': False, 'shape': (2,), }", 8, .unsupported),
    ("{'descr': '|O', 'fortran_order': False, 'shape': (2,), }", 8, .unsupported),
    ("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,), }", 8, .unsupported),
    ("{'descr': '|u1', 'fortran_order': False, 'shape': (4294967296, 4294967296), }", 2, .tooLarge),
    ("{'descr': '|u1', 'fortran_order': True, 'shape': (0, 4294967296, 4294967296), }", 0, .tooLarge),
    ("{'descr': '|u1', 'fortran_order': False, 'shape': (9223372036854775808,), }", 2, .tooLarge),
    ("{'descr': '|u1', 'fortran_order': False, 'shape': (\(String(repeating: "1, ", count: 65))), }", 1, .unsupported),
    ("{'descr': '|u1', 'fortran_order': False, 'shape': \(String(repeating: "(", count: 50_000))", 1, .malformed),
  ]

  @Test(arguments: headers)
  func headersThatLieAreRefused(header: String, dataBytes: Int, code: TensorFileError.Code) {
    expectFault(code, path: "file", header) { try NPY.decode(npyBytes(header, dataBytes: dataBytes), path: "file") }
  }

  @Test func aHeaderWithoutItsLastCommaIsRead() throws {
    let bytes = npyBytes("{\"shape\": (1, 2), \"descr\": \"|u1\", \"fortran_order\": False}", dataBytes: 2)
    #expect(try NPY.decode(bytes, path: "").shape == [1, 2])
  }

  @Test func prefixesThatLieAreRefused() {
    let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
    expectFault(.truncated) { try NPY.decode([], path: "") }
    expectFault(.malformed) { try NPY.decode(Array("hello, world".utf8), path: "") }
    expectFault(.unsupported) { try NPY.decode(magic + [4, 0, 0, 0, 0, 0], path: "") }
    expectFault(.truncated) { try NPY.decode(magic + [2, 0, 0, 0], path: "") }
    expectFault(.tooLarge) { try NPY.decode(magic + [2, 0, 0xFF, 0xFF, 0xFF, 0xFF], path: "") }
    expectFault(.truncated) { try NPY.decode(magic + [1, 0, 0xFF, 0xFF], path: "") }
  }
}
