/// Where the pixels of an image set are kept: in memory, in a mapped file, or still in the images' own files.
protocol PixelSource: Sendable {
  /// Copies the samples of some images, in the order asked, one after another.
  ///
  /// - Parameters:
  ///   - indices: each in the range of the set.
  ///   - pixels: exactly as many bytes as those images have.
  /// - Throws: `DataError` where the pixels cannot be had any more.
  func read(_ indices: [Int], into pixels: UnsafeMutableRawBufferPointer) throws

  /// Whether the pixels take memory that the system cannot take back.
  var isInMemory: Bool { get }
}

/// Pixels in memory.
struct MemoryPixels: PixelSource {
  /// The bytes of all images, one after another.
  let bytes: [UInt8]
  let imageBytes: Int
  /// Of each image, where they are known.
  var digests: [ContentDigest]?

  var isInMemory: Bool { true }

  func read(_ indices: [Int], into pixels: UnsafeMutableRawBufferPointer) {
    bytes.withUnsafeBytes { bytes in
      for (slot, index) in indices.enumerated() {
        let image = UnsafeRawBufferPointer(rebasing: bytes[index * imageBytes..<(index + 1) * imageBytes])
        UnsafeMutableRawBufferPointer(rebasing: pixels[(slot * imageBytes)...]).copyMemory(from: image)
      }
    }
  }
}

extension MemoryPixels: DigestedPixels {
  func pixelDigests(_ indices: [Int]) -> [ContentDigest]? { digests.map { digests in indices.map { digests[$0] } } }
}
