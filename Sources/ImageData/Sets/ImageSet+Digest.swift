import Crypto
import Foundation

/// A source that may know the SHA-256 of each image's samples without reading them.
protocol DigestedPixels: PixelSource {
  /// Of some images, in the order asked; nil where it does not know.
  func pixelDigests(_ indices: [Int]) -> [ContentDigest]?
}

extension ImageSet {
  /// SHA-256 of shape, classes, paths, labels and samples, as lower-case hexadecimal: the same wherever the pixels are
  /// kept.
  ///
  /// Sets read from a folder know the digests of their images, but for lazy ones; of those all pixels are read, on all
  /// cores, a few images at a time, and decoded where they have not been.
  /// - Throws: `DataError` where pixels cannot be had any more.
  public var digest: String {
    get throws {
      var hash = SHA256()
      func add(_ text: String) { hash.update(data: Array(text.utf8)) }
      add("\(count) \(height) \(width) \(channels) \(shape.depth.rawValue) \(classes.count)\n")
      // Names may hold any character, so each is preceded by its length.
      for name in classes + paths { add("\(name.utf8.count) \(name)\n") }
      add(labels.map(String.init).joined(separator: " ") + "\n")
      for digest in try pixelDigests() { hash.update(data: digest.bytes) }
      return ContentDigest(hash.finalize()).hexadecimal
    }
  }

  /// SHA-256 of the samples of each image, where that is known without reading any.
  var knownPixelDigests: [ContentDigest]? { (source as? any DigestedPixels)?.pixelDigests(Array(0..<count)) }

  private func pixelDigests() throws -> [ContentDigest] {
    if let known = knownPixelDigests { return known }
    let all = Array(0..<count)
    let size = shape.byteCount
    let perBlock = max(1, (4 << 20) / size)
    let blocks = (count + perBlock - 1) / perBlock
    let workers = FileWorkers(threads: ProcessInfo.processInfo.activeProcessorCount)
    let digests = workers.map(blocks) { _, block in
      Result {
        let images = Array(all[(block * perBlock)...].prefix(perBlock))
        return try gather(images).withUnsafeBytes { pixels in
          images.indices.map { index in
            ContentDigest(of: UnsafeRawBufferPointer(rebasing: pixels[index * size..<(index + 1) * size]))
          }
        }
      }
    }
    return try digests.flatMap { try $0.get() }
  }
}
