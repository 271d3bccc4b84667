/// Images of one shape with their labels.
public struct ImageSet: Sendable {
  public let shape: ImageShape
  /// For each image the index of its class.
  public let labels: [Int]
  /// Names of the classes.
  public let classes: [String]
  /// For each image its file, relative to the folder's root.
  public let paths: [String]
  let source: any PixelSource

  /// How many images.
  public var count: Int { labels.count }
  public var height: Int { shape.height }
  public var width: Int { shape.width }
  public var channels: Int { shape.channels }

  /// Bytes of pixels that these images keep in memory.
  var memoryByteCount: Int { source.isInMemory ? count * shape.byteCount : 0 }

  /// Images whose pixels are kept elsewhere.
  ///
  /// - Parameter source: holds `labels.count` images of this shape.
  /// - Throws: `DataError` if the counts of labels and paths disagree, or a label names no class.
  init(
    shape: ImageShape, source: any PixelSource, labels: [Int], classes: [String], paths: [String]
  ) throws {
    func fail(_ reason: String) -> DataError { DataError(code: .badData, path: "image set", reason: reason) }
    guard paths.count == labels.count else { throw fail("\(labels.count) labels but \(paths.count) paths") }
    if let label = labels.first(where: { !classes.indices.contains($0) }) {
      throw fail("label \(label), and there are \(classes.count) classes")
    }
    self.shape = shape
    self.source = source
    self.labels = labels
    self.classes = classes
    self.paths = paths
  }

  /// Images in memory.
  ///
  /// - Parameter pixels: N × height × width × channels samples, row-major.
  /// - Throws: `DataError` if the counts of bytes, labels and paths disagree, or a label names no class.
  public init(shape: ImageShape, pixels: [UInt8], labels: [Int], classes: [String], paths: [String]) throws {
    guard ImageData.byteCount(labels.count, shape.byteCount) == pixels.count else {
      throw DataError(
        code: .badData, path: "image set",
        reason: "\(labels.count) images of \(shape) are not \(pixels.count) bytes")
    }
    try self.init(
      shape: shape, source: MemoryPixels(bytes: pixels, imageBytes: shape.byteCount), labels: labels,
      classes: classes, paths: paths)
  }

  /// One image.
  ///
  /// - Precondition: `index` is in `0..<count`.
  /// - Throws: `DataError` where its pixels cannot be had any more.
  public func image(at index: Int) throws -> Image {
    Image(trusted: shape, pixels: try gather([index]))
  }

  /// The samples of some images, in the order asked: indices.count × height × width × channels.
  ///
  /// - Precondition: every index is in `0..<count`.
  /// - Throws: `DataError` where their pixels cannot be had any more.
  public func gather(_ indices: [Int]) throws -> [UInt8] {
    let size = indices.count * shape.byteCount
    return try [UInt8](unsafeUninitializedCapacity: size) { buffer, initialized in
      let bytes = UnsafeMutableRawBufferPointer(buffer)
      try source.read(indices, into: UnsafeMutableRawBufferPointer(rebasing: bytes[..<size]))
      initialized = size
    }
  }
}
