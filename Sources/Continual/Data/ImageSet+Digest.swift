import Crypto
import ImageData

extension ImageSet {
  /// SHA-256 of sizes, classes, names and pixels, as lower-case hexadecimal.
  func digest() throws -> String {
    var hash = SHA256()
    hash.update(data: Array("\(count) \(shape)\n".utf8))
    // Names may hold any character, so each is preceded by its length.
    for name in classes + paths { hash.update(data: Array("\(name.utf8.count) \(name)\n".utf8)) }
    hash.update(data: Array(labels.map(String.init).joined(separator: " ").utf8))
    for start in stride(from: 0, to: count, by: 4096) {
      hash.update(data: try gather(Array(start..<min(start + 4096, count))))
    }
    return TensorDigest.hexadecimal(hash.finalize())
  }
}
