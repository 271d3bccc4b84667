/// Images of one size with their labels, decoded once: N × height × width × channels bytes.
public struct ImageSet: Sendable, Hashable {
  public let height: Int
  public let width: Int
  public let channels: Int
  /// N × height × width × channels, row-major.
  public let pixels: [UInt8]
  /// For each image the index of its class.
  public let labels: [Int]
  /// Names of the classes.
  public let classes: [String]
  /// For each image its file, relative to the folder's root.
  public let paths: [String]

  /// How many images.
  public var count: Int { labels.count }

  /// Bytes of one image.
  public var imageBytes: Int { height * width * channels }

  /// - Throws: `DataError` if a size is below 1, the counts of pixels, labels and paths disagree, or a label names no
  ///   class.
  public init(
    height: Int, width: Int, channels: Int, pixels: [UInt8], labels: [Int], classes: [String], paths: [String]
  ) throws {
    func fail(_ reason: String) -> DataError { DataError(code: .badData, path: "image set", reason: reason) }
    guard height >= 1, width >= 1, (1...4).contains(channels) else {
      throw fail("\(height) × \(width) × \(channels) is no image size")
    }
    guard byteCount(labels.count, height, width, channels) == pixels.count else {
      throw fail("\(labels.count) images of \(height) × \(width) × \(channels) are not \(pixels.count) bytes")
    }
    guard paths.count == labels.count else { throw fail("\(labels.count) labels but \(paths.count) paths") }
    if let label = labels.first(where: { !classes.indices.contains($0) }) {
      throw fail("label \(label), and there are \(classes.count) classes")
    }
    self.height = height
    self.width = width
    self.channels = channels
    self.pixels = pixels
    self.labels = labels
    self.classes = classes
    self.paths = paths
  }

  /// One image.
  /// - Precondition: `index` is in `0..<count`.
  public func image(at index: Int) -> Image {
    Image(trustedWidth: width, height: height, channels: channels, pixels: gather([index]))
  }

  /// The pixels of some images, in the order asked: indices.count × height × width × channels bytes.
  /// - Precondition: every index is in `0..<count`.
  public func gather(_ indices: [Int]) -> [UInt8] {
    let size = imageBytes
    return [UInt8](unsafeUninitializedCapacity: indices.count * size) { buffer, initialized in
      pixels.withUnsafeBufferPointer { pixels in
        for (slot, index) in indices.enumerated() {
          let image = UnsafeBufferPointer(rebasing: pixels[index * size..<(index + 1) * size])
          _ = UnsafeMutableBufferPointer(rebasing: buffer[(slot * size)...]).update(fromContentsOf: image)
        }
      }
      initialized = indices.count * size
    }
  }
}
