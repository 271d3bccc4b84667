extension ImageDecoder {
  /// The header of a file, as far as a policy asks. Of a large file only the beginning is read where that is enough.
  ///
  /// - Throws: `DataError` if it cannot be read, is no PNG, is corrupt up to its pixels, or larger than the limits.
  static func header(
    contentsOf path: String, _ policy: DecodingPolicy, _ limits: PNGLimits, _ reader: FileReader
  ) throws -> PNGHeader {
    func header(_ bytes: UnsafeRawBufferPointer) throws -> PNGHeader {
      try PNG.header(of: bytes, path: path, limits: limits, orientation: policy.orientation)
    }
    switch policy.orientation {
    case .stored: return try reader.withBeginning(of: path, limit: limits.maximumFileBytes, header)
    // The chunk that says how an image is turned may stand after its pixels.
    case .upright: return try reader.withContent(of: path, limit: limits.maximumFileBytes, header)
    }
  }

  /// Reads a file and decodes it, if what its header promises is wanted.
  ///
  /// - Parameters:
  ///   - pixels: exactly the bytes of the shape that is wanted.
  ///   - onRead: called with the bytes of the file.
  /// - Returns: whether it was decoded.
  /// - Throws: `DataError` if it cannot be read, is no PNG, is corrupt, larger than the limits, or the policy cannot be
  ///   met; and what `isWanted` throws.
  func decode(
    contentsOf path: String, into pixels: UnsafeMutableRawBufferPointer, _ reader: FileReader,
    onRead: (UnsafeRawBufferPointer) -> Void = { _ in }, if isWanted: (FileOutcome.Promise) throws -> Bool
  ) throws -> Bool {
    try reader.withContent(of: path, limit: limits.maximumFileBytes) { bytes in
      onRead(bytes)
      let header = try PNG.header(of: bytes, path: path, limits: limits, orientation: policy.orientation)
      let promise = FileOutcome.Promise(isGray: header.isGray, shape: try shape(of: header, path: path))
      guard try isWanted(promise) else { return false }
      _ = try decode(bytes, path: path, into: pixels)
      return true
    }
  }
}
