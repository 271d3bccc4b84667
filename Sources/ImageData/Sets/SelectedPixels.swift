/// Some images of a source, in an order of their own.
struct SelectedPixels: PixelSource {
  let source: any PixelSource
  /// For each image its index in the source.
  let slots: [Int]

  var isInMemory: Bool { source.isInMemory }

  func read(_ indices: [Int], into pixels: UnsafeMutableRawBufferPointer) throws {
    try source.read(indices.map { slots[$0] }, into: pixels)
  }
}

extension SelectedPixels: DigestedPixels {
  func pixelDigests(_ indices: [Int]) -> [ContentDigest]? {
    (source as? any DigestedPixels)?.pixelDigests(indices.map { slots[$0] })
  }
}
