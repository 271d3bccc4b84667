import Crypto
import TensorFiles

/// SHA-256 of some bytes, without memory of its own: an index holds two for every file.
struct ContentDigest: Sendable, Hashable, Comparable {
  /// The 32 bytes, in the order of memory.
  private let words: SIMD4<UInt64>

  static let byteCount = 32
  /// No digest: of files that were not read.
  static let none = ContentDigest(words: .zero)

  private init(words: SIMD4<UInt64>) {
    self.words = words
  }

  /// The digest of some bytes.
  init(of bytes: UnsafeRawBufferPointer) {
    var hash = SHA256()
    hash.update(bufferPointer: bytes)
    self.init(hash.finalize())
  }

  /// Some order, the same on one machine.
  static func < (a: Self, b: Self) -> Bool {
    for lane in 0..<4 where a.words[lane] != b.words[lane] { return a.words[lane] < b.words[lane] }
    return false
  }

  /// The digest of what was hashed piece by piece.
  init(_ digest: SHA256.Digest) {
    words = digest.withUnsafeBytes { $0.loadUnaligned(as: SIMD4<UInt64>.self) }
  }

  /// 32 bytes that hold a digest.
  init(stored bytes: UnsafeRawBufferPointer) {
    words = bytes.loadUnaligned(as: SIMD4<UInt64>.self)
  }

  /// The 32 bytes.
  var bytes: [UInt8] { withBytes { Array($0) } }

  /// Calls `body` with the 32 bytes, without a copy.
  func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result { withUnsafeBytes(of: words, body) }

  /// Lower-case hexadecimal.
  var hexadecimal: String { bytes.hexadecimal }
}
