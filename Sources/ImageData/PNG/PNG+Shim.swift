import CPNGShim

extension PNG {
  /// As the public form, over bytes held elsewhere.
  static func header(
    of bytes: UnsafeRawBufferPointer, path: String, limits: PNGLimits,
    orientation: DecodingPolicy.Orientation = .stored
  ) throws -> PNGHeader {
    var header = cpng_header()
    var report = cpng_report()
    var bounds = cpng_limits(limits)
    let upright: UInt8 = orientation == .upright ? 1 : 0
    let status = cpng_probe(bytes.assumingUInt8, bytes.count, &bounds, upright, &header, &report)
    try check(status, report, path: path)
    guard let colorType = PNGHeader.ColorType(rawValue: Int(header.color_type)) else {
      throw DataError(code: .badData, path: path, reason: "colour type \(header.color_type) is unknown")
    }
    return PNGHeader(
      width: Int(header.width), height: Int(header.height), colorType: colorType, bitDepth: Int(header.bit_depth),
      isInterlaced: header.interlaced != 0, hasTransparency: header.has_transparency != 0,
      orientation: Int(header.orientation))
  }

  /// An image, what was odd about it or "", and its header.
  static func decodeWithWarnings(
    _ bytes: UnsafeRawBufferPointer, path: String, options: PNGOptions, limits: PNGLimits
  ) throws -> (image: Image, warnings: String, header: PNGHeader) {
    let header = try header(of: bytes, path: path, limits: limits, orientation: options.orientation)
    let shape = try header.shape(options)
    var warnings = ""
    let pixels = try [UInt8](unsafeUninitializedCapacity: shape.byteCount) { buffer, initialized in
      let whole = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[..<shape.byteCount])
      warnings = try decode(bytes, into: whole, path: path, options: options, limits: limits)
      initialized = shape.byteCount
    }
    return (Image(trusted: shape, pixels: pixels), warnings, header)
  }

  /// Decodes into a buffer of exactly the image's bytes, and returns what was odd about the file, or "".
  static func decode(
    _ bytes: UnsafeRawBufferPointer, into pixels: UnsafeMutableRawBufferPointer, path: String, options: PNGOptions,
    limits: PNGLimits
  ) throws -> String {
    var report = cpng_report()
    var bounds = cpng_limits(limits)
    var wanted = cpng_options(options)
    let status = cpng_decode(
      bytes.assumingUInt8, bytes.count, &bounds, &wanted,
      pixels.baseAddress?.assumingMemoryBound(to: UInt8.self), pixels.count, &report)
    try check(status, report, path: path)
    return report.warning_count == 0 ? "" : text(&report.warnings)
  }

  /// Throws unless the shim says that all is well.
  static func check(_ status: cpng_status, _ report: cpng_report, path: String) throws {
    if status == CPNG_OK { return }
    var report = report
    let message = text(&report.message)
    switch status {
    case CPNG_NOT_PNG:
      throw DataError(code: .badData, path: path, reason: "not a PNG file: \(message)")
    case CPNG_LIMIT:
      throw DataError(code: .badData, path: path, reason: "too large: \(message)")
    case CPNG_NO_MEMORY:
      throw DataError(code: .io, path: path, reason: message)
    case CPNG_COLOR:
      throw DataError(
        code: .badData, path: path, reason: "its colours cannot be converted to sRGB: \(message)",
        advice: "With `color: stored` samples are taken as they are.")
    case CPNG_ARGUMENT:
      throw DataError(code: .badData, path: path, reason: message)
    default:
      throw DataError(code: .badData, path: path, reason: "a damaged PNG: \(message)")
    }
  }

  /// The C string in a fixed array of characters.
  private static func text<Characters>(_ characters: inout Characters) -> String {
    withUnsafeBytes(of: &characters) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }
}

extension cpng_limits {
  /// libpng skips the chunks that it has no use for without storing them; the last two hold should one be stored, and
  /// the last for an ICC profile.
  init(_ limits: PNGLimits) {
    self.init(
      side: UInt32(clamping: limits.maximumSide), pixels: UInt64(clamping: limits.maximumPixels),
      cached_chunks: 1000, chunk_bytes: 8_000_000)
  }
}

extension cpng_options {
  init(_ options: PNGOptions) {
    let background = options.background
    self.init(
      form: options.form.shimForm, depth: UInt8(options.depth.rawValue),
      over: (background.red, background.green, background.blue), srgb: options.color == .srgb ? 1 : 0,
      upright: options.orientation == .upright ? 1 : 0)
  }
}

extension PixelForm {
  fileprivate var shimForm: cpng_form {
    switch self {
    case .natural: CPNG_NATURAL
    case .gray: CPNG_GRAY
    case .rgb: CPNG_RGB
    case .grayAlpha: CPNG_GRAY_ALPHA
    case .rgbAlpha: CPNG_RGB_ALPHA
    }
  }
}

extension UnsafeRawBufferPointer {
  fileprivate var assumingUInt8: UnsafePointer<UInt8>? { baseAddress?.assumingMemoryBound(to: UInt8.self) }
}
