/// Decodes the files of one folder to images in memory.
struct ImageDecoder: Sendable {
  /// The policy's form, resolved for the folder.
  let form: PixelForm
  let policy: DecodingPolicy
  let limits: PNGLimits

  /// What a file becomes.
  ///
  /// - Throws: `DataError` if the policy cannot be met.
  func shape(of header: PNGHeader) throws -> ImageShape {
    try ImageShape(
      height: header.height, width: header.width, channels: header.channels(as: form), depth: policy.depth)
  }

  /// Decodes into a buffer of exactly the bytes of the file's shape, and returns what was odd about it, or "".
  ///
  /// - Throws: `DataError` if it is no PNG, is corrupt, or larger than the limits.
  func decode(
    _ bytes: UnsafeRawBufferPointer, path: String, into pixels: UnsafeMutableRawBufferPointer
  ) throws -> String {
    try PNG.decode(bytes, into: pixels, path: path, as: form, over: policy.background, limits: limits)
  }
}
