import TensorFiles

/// The images of a set in the order they are written in: by file name, whatever their class.
struct ExportOrder: Sendable {
  let images: ImageSet
  private let order: [Int]

  init(_ images: ImageSet) {
    self.images = images
    let keys = images.paths.map(Key.init)
    order = images.paths.indices.sorted { keys[$0] == keys[$1] ? $0 < $1 : keys[$0] < keys[$1] }
  }

  var count: Int { images.count }
  var shape: ImageShape { images.shape }
  /// Indices of classes.
  var labels: [Int] { order.map { images.labels[$0] } }
  /// N × height × width, and channels last where there are several.
  var axes: [Int] { [count, shape.height, shape.width] + (shape.channels == 1 ? [] : [shape.channels]) }
  /// NumPy's word for the samples.
  var elementDescription: String { shape.depth == .eight ? "|u1" : "<u2" }

  /// Hands the samples over in blocks of a few megabytes.
  func forEachBlock(_ body: ([UInt8]) throws -> Void) throws {
    for places in (0..<count).batches(of: (8 << 20) / shape.byteCount) {
      try body(images.gather(Array(order[places])))
    }
  }

  /// Numbers by value before other names in order of Unicode scalars.
  private struct Key: Comparable {
    let digits: Int
    let name: String

    init(_ path: String) {
      let file = path.split(separator: "/").last ?? ""
      let stem = file.prefix { $0 != "." }
      let isNumber = !stem.isEmpty && stem.utf8.allSatisfy { (0x30...0x39).contains($0) }
      name = String(isNumber ? stem.drop { $0 == "0" } : file)
      digits = isNumber ? name.utf8.count : .max
    }

    static func < (a: Key, b: Key) -> Bool {
      a.digits == b.digits ? scalarOrder(a.name, b.name) : a.digits < b.digits
    }
  }
}
