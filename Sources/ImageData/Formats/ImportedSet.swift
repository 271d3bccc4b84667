/// Images found in a file of another format: what is known before their pixels are read.
public struct ImportedSet: Sendable {
  /// "train", "test", "val", or "all" where the source has no splits.
  public let name: String
  /// Of each image, as it will be written.
  public let shape: ImageShape
  /// For each image the number of its class, from 0.
  public let labels: [Int]
  /// Names of the classes by label, where the source says them; else nil.
  public let classNames: [String]?
  /// Where the images are, for people.
  public let source: String
  let pixels: any ImportedPixels
  /// What writing it changes, as sentences without a full stop.
  var notes: [String] = []

  /// How many images.
  public var count: Int { labels.count }

  /// Reads all images from first to last and hands them over in blocks of bounded size.
  ///
  /// - Parameters:
  ///   - blockBytes: about how much is in memory at once; a block has at least one image.
  ///   - body: gets the index of a block's first image and the samples of its images, valid only inside.
  /// - Throws: `DataError` naming the file where it is damaged, which may show only after its last image; and what `body`
  ///   throws.
  public func forEachBlock(
    ofBytes blockBytes: Int = 8 << 20, _ body: (Int, UnsafeRawBufferPointer) throws -> Void
  ) throws {
    let reader = try pixels.open()
    let size = shape.byteCount
    let perBlock = max(1, min(blockBytes / size, count))
    let block = UnsafeMutableRawBufferPointer.allocate(byteCount: perBlock * size, alignment: 16)
    defer { block.deallocate() }
    for start in stride(from: 0, to: count, by: perBlock) {
      let images = min(perBlock, count - start)
      let part = UnsafeMutableRawBufferPointer(rebasing: block[..<(images * size)])
      try reader.read(images, into: part)
      try body(start, UnsafeRawBufferPointer(part))
    }
    try reader.finish()
  }
}

/// The pixels of an imported set, which can be read more than once.
protocol ImportedPixels: Sendable {
  /// A reader before the first image.
  func open() throws -> any ImportedPixelReader
}

/// Reads images from first to last.
protocol ImportedPixelReader: AnyObject {
  /// Fills the buffer with the samples of the next images.
  func read(_ images: Int, into samples: UnsafeMutableRawBufferPointer) throws
  /// To be called after the last image: verifies what can be verified only there.
  func finish() throws
}
