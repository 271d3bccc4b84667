/// Decodes the files of one folder to images in memory, as a policy says.
struct ImageDecoder: Sendable {
  /// The policy's form and alpha, resolved for the folder.
  let form: PixelForm
  let policy: DecodingPolicy
  let limits: PNGLimits

  /// The form that a policy gives a folder.
  ///
  /// - Parameter allGray: whether every image of the folder is stored gray.
  static func form(_ policy: DecodingPolicy, allGray: Bool) -> PixelForm {
    let gray =
      switch policy.form {
      case .auto: allGray
      case .gray: true
      case .rgb: false
      }
    switch policy.alpha {
    case .composite: return gray ? .gray : .rgb
    case .keep: return gray ? .grayAlpha : .rgbAlpha
    }
  }

  /// What a file becomes. The header must hold the orientation where the policy turns images.
  ///
  /// - Throws: `DataError` if the policy cannot be met.
  func shape(of header: PNGHeader, path: String) throws -> ImageShape {
    try DataError.about(path) {
      let decoded = try header.shape(options)
      return try policy.sizing?.resultShape(of: decoded) ?? decoded
    }
  }

  /// Decodes into a buffer of exactly the bytes of the file's shape, and returns what was odd about it, or "".
  ///
  /// - Throws: `DataError` if it is no PNG, is corrupt, larger than the limits, or the policy cannot be met.
  func decode(
    _ bytes: UnsafeRawBufferPointer, path: String, into pixels: UnsafeMutableRawBufferPointer
  ) throws -> String {
    guard let sizing = policy.sizing else {
      return try PNG.decode(bytes, into: pixels, path: path, options: options, limits: limits)
    }
    let (image, warnings, _) = try PNG.decodeWithWarnings(bytes, path: path, options: options, limits: limits)
    try DataError.about(path) {
      try image.pixels.withUnsafeBytes {
        try sizing.apply($0, image.shape, over: policy.background, into: pixels)
      }
    }
    return warnings
  }

  private var options: PNGOptions {
    PNGOptions(
      form: form, background: policy.background, depth: policy.depth, color: policy.color,
      orientation: policy.orientation)
  }
}
