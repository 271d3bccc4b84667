import CPixels

extension Sizing {
  /// The longest side of a result.
  static let longestSide = 32_768
  /// The longest side of an image, as stored and as scaled: sides that PIL tells apart.
  static let longestScaledSide = 1 << 24

  /// The shape that images of a shape get.
  ///
  /// - Throws: `DataError` if the size wanted is below 1 or above 32,768 a side, if an image or what it is scaled to is
  ///   above 16,777,216 a side, or if nothing may be scaled and the fit needs it.
  public func resultShape(of shape: ImageShape) throws -> ImageShape {
    _ = try placement(of: shape)
    return try ImageShape(height: height, width: width, channels: shape.channels, depth: shape.depth)
  }

  /// Brings one image to size, beside which it holds its columns at the new width: one byte a sample, or eight for a
  /// 16-bit sample.
  ///
  /// - Parameters:
  ///   - pixels: the bytes of `shape`.
  ///   - background: of what padding adds; transparent where the image has alpha. Its luma where the image is gray.
  ///   - result: the bytes of the shape that ``resultShape(of:)`` gives.
  /// - Throws: `DataError` as ``resultShape(of:)``, if a count of bytes is another, or memory is short.
  package func apply(
    _ pixels: UnsafeRawBufferPointer, _ shape: ImageShape, over background: Background,
    into result: UnsafeMutableRawBufferPointer
  ) throws {
    let placement = try placement(of: shape)
    let target = try resultShape(of: shape)
    guard pixels.count == shape.byteCount, result.count == target.byteCount,
      let source = pixels.baseAddress, let destination = result.baseAddress
    else {
      throw DataError(
        code: .badData, path: "image",
        reason: "\(pixels.count) bytes of \(shape) do not become \(result.count) bytes of \(target)")
    }
    if placement.window.height < height || placement.window.width < width {
      cpixels_fill(destination, height * width, background.pixel(of: shape), shape.pixelBytes)
    }
    let start = destination + (placement.top * width + placement.left) * shape.pixelBytes
    guard cpixels_resize(source, shape.cShape, filter.cFilter, placement.window, start, width) == 0 else {
      throw DataError(code: .io, path: "image", reason: "no memory to bring \(shape) to \(width) × \(height)")
    }
  }

  /// An image brought to size.
  ///
  /// - Parameter background: of what padding adds; transparent where the image has alpha.
  /// - Throws: `DataError` as ``resultShape(of:)``, or if memory is short.
  public func apply(to image: Image, over background: Background) throws -> Image {
    let shape = try resultShape(of: image.shape)
    let pixels = try [UInt8](unsafeUninitializedCapacity: shape.byteCount) { buffer, initialized in
      let result = UnsafeMutableRawBufferPointer(
        rebasing: UnsafeMutableRawBufferPointer(buffer)[..<shape.byteCount])
      try image.pixels.withUnsafeBytes { try apply($0, image.shape, over: background, into: result) }
      initialized = shape.byteCount
    }
    return Image(trusted: shape, pixels: pixels)
  }
}

extension Sizing {
  /// Which part of the scaled image is seen, and where in the result.
  private struct Placement {
    var window: cpixels_window
    var top: Int
    var left: Int
  }

  /// The middle of the scaled image in the middle of the result; where that leaves a row or column over, it is the
  /// last.
  private func placement(of shape: ImageShape) throws -> Placement {
    let scaled = try scaledSize(of: shape)
    let seen = (height: min(scaled.height, height), width: min(scaled.width, width))
    let window = cpixels_window(
      scaled_height: scaled.height, scaled_width: scaled.width, top: (scaled.height - seen.height) / 2,
      left: (scaled.width - seen.width) / 2, height: seen.height, width: seen.width)
    return Placement(window: window, top: (height - seen.height) / 2, left: (width - seen.width) / 2)
  }

  /// The size of the whole image once scaled: where one factor serves both sides, the side that decides it is exact and
  /// the other rounds to the nearest pixel, halves up, and is at least 1.
  private func scaledSize(of shape: ImageShape) throws -> (height: Int, width: Int) {
    let longest = Self.longestSide
    guard (1...longest).contains(height), (1...longest).contains(width) else {
      throw failure("a size of \(width) × \(height) was asked for", "Sides are 1 to \(longest) pixels.")
    }
    guard max(shape.height, shape.width) <= Self.longestScaledSide else {
      throw failure("\(shape) are too long to scale", "Sides are at most \(Self.longestScaledSide) pixels.")
    }
    if filter == .none {
      try checkUnscaled(shape)
      return (shape.height, shape.width)
    }
    if fit == .stretch { return (height, width) }
    // Compares width / shape.width with height / shape.height without a division.
    let widthIsLess = width * shape.height <= height * shape.width
    let size =
      if widthIsLess == (fit == .pad) {
        (height: max(1, Self.quotient(shape.height * width, shape.width)), width: width)
      } else {
        (height: height, width: max(1, Self.quotient(shape.width * height, shape.height)))
      }
    guard max(size.height, size.width) <= Self.longestScaledSide else {
      throw failure(
        "\(shape) would have to be \(size.width) × \(size.height) to cover \(width) × \(height)",
        "Use the fit pad or stretch, or leave such images out.")
    }
    return size
  }

  private func checkUnscaled(_ shape: ImageShape) throws {
    let size = "\(width) × \(height)"
    let advice = "Choose a filter, so that images are scaled, or another fit."
    switch fit {
    case .stretch where (shape.height, shape.width) != (height, width):
      throw failure("\(shape) are not \(size), and nothing may be scaled", advice)
    case .pad where shape.height > height || shape.width > width:
      throw failure("\(shape) do not fit into \(size), and nothing may be scaled", advice)
    case .crop where shape.height < height || shape.width < width:
      throw failure("\(shape) do not cover \(size), and nothing may be scaled", advice)
    case .stretch, .pad, .crop: return
    }
  }

  /// a / b to the nearest whole number, halves up.
  private static func quotient(_ a: Int, _ b: Int) -> Int { (2 * a + b) / (2 * b) }

  private func failure(_ reason: String, _ advice: String) -> DataError {
    DataError(code: .badData, path: "image", reason: reason, advice: advice)
  }
}

extension Sizing.Filter {
  /// What keeps its size is copied pixel by pixel.
  fileprivate var cFilter: cpixels_filter {
    switch self {
    case .none, .nearest: CPIXELS_NEAREST
    case .bilinear: CPIXELS_BILINEAR
    case .area: CPIXELS_AREA
    }
  }
}

extension Background {
  /// The bytes of one pixel, transparent where the shape has alpha.
  fileprivate func pixel(of shape: ImageShape) -> [UInt8] {
    let scale = shape.depth.maximum / 255
    let colors = [red, green, blue].map { Int($0) * scale }
    // PIL's luma, with weights in units of 2⁻¹⁶.
    let luma = (colors[0] * 19595 + colors[1] * 38470 + colors[2] * 7471 + 0x8000) >> 16
    let samples = (shape.channels >= 3 ? colors : [luma]) + (shape.channels.isMultiple(of: 2) ? [0] : [])
    switch shape.depth {
    case .eight: return samples.map { UInt8($0) }
    case .sixteen: return samples.flatMap { withUnsafeBytes(of: UInt16($0), Array.init) }
    }
  }
}
