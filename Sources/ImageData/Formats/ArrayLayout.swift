import TensorFiles

/// How the elements of an array are images.
struct ArrayLayout: Sendable, Hashable {
  /// What an element becomes.
  enum Samples: Sendable, Hashable {
    case bytes, words, bools
    /// Of so many bytes.
    case floats(Int)
  }

  let count: Int
  let shape: ImageShape
  let layout: ImportOptions.Layout
  let samples: Samples
  /// Bytes of an element in the file.
  let elementBytes: Int

  /// Bytes of one image in the file.
  var storedBytes: Int { shape.sampleCount * elementBytes }

  /// What is lost on the way to samples.
  var notes: [String] {
    if case .floats = samples { ["floats are rounded to the nearest of 256 levels: 8 bits"] } else { [] }
  }

  /// - Parameters:
  ///   - axes: N and the axes of an image; nil: the shape of the array.
  ///   - asked: the order of axes; nil: what their lengths say.
  /// - Throws: `DataError` if the element type holds no pixels, or the shape fits no layout or more than one.
  init(_ reader: NPYReader, axes: [Int]? = nil, layout asked: ImportOptions.Layout?) throws {
    func fault(_ reason: String, _ advice: String = "") -> DataError {
      DataError(code: .badData, path: reader.path, reason: reason, advice: advice)
    }
    let axes = axes ?? reader.shape
    guard !reader.isColumnMajor else {
      throw fault("stored in column-major order", "Save it again through numpy.ascontiguousarray.")
    }
    switch reader.elementDescription {
    case "|u1", "<u1": samples = .bytes
    case "<u2": samples = .words
    case "|b1", "<b1": samples = .bools
    case "<f2", "<f4", "<f8": samples = .floats(reader.elementBytes)
    default:
      throw fault(
        "elements of type \(reader.elementDescription), which are no pixels",
        "Pixels are uint8, uint16, bool, or floats in [0, 1], little-endian.")
    }
    elementBytes = reader.elementBytes
    layout = try asked ?? Self.layout(of: axes, fault)
    guard axes.count == (layout == .gray ? 3 : 4) else {
      throw fault("\(axes.count) axes, \(Self.text(axes)), and the layout \(layout.rawValue) has another number")
    }
    let (height, width, channels) =
      switch layout {
      case .gray: (axes[1], axes[2], 1)
      case .channelsLast: (axes[1], axes[2], axes[3])
      case .channelsFirst: (axes[2], axes[3], axes[1])
      }
    count = axes[0]
    let depth = samples == .words ? SampleDepth.sixteen : .eight
    shape = try DataError.about(reader.path) {
      try ImageShape(height: height, width: width, channels: channels, depth: depth)
    }
  }

  private static func layout(of axes: [Int], _ fault: (String, String) -> DataError) throws -> ImportOptions.Layout {
    if axes.count == 3 { return .gray }
    guard axes.count == 4 else {
      throw fault("\(axes.count) axes, \(text(axes)), where images have three or four", "")
    }
    let channels = 1...4
    switch (channels.contains(axes[1]), channels.contains(axes[3])) {
    case (true, false): return .channelsFirst
    case (false, true): return .channelsLast
    case (true, true):
      throw fault("\(text(axes)) may be channels first or channels last", "Name the layout, nchw or nhwc.")
    case (false, false):
      throw fault("\(text(axes)) has channels neither first nor last", "Images have 1 to 4 channels.")
    }
  }

  private static func text(_ axes: [Int]) -> String { axes.map(String.init).joined(separator: " × ") }
}
