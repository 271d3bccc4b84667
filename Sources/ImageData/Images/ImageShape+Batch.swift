import CPixels

extension ImageShape {
  /// For the loops in C.
  var cShape: cpixels_shape {
    cpixels_shape(height: height, width: width, channels: channels, bytes_per_sample: depth.bytes)
  }

  /// Bytes of one pixel.
  var pixelBytes: Int { channels * depth.bytes }

  /// How many images of this shape a batch of so many bytes holds.
  ///
  /// - Throws: `DataError` if that is no whole number.
  func imageCount(ofBytes count: Int) throws -> Int {
    guard count.isMultiple(of: byteCount) else {
      throw DataError(
        code: .badData, path: "batch", reason: "\(count) bytes are no whole number of images of \(self)",
        advice: "Each has \(byteCount) bytes.")
    }
    return count / byteCount
  }

  /// Runs `body` over the bytes of a batch, with room for one image.
  func withImages(
    _ pixels: inout [UInt8], _ body: (_ images: UnsafeMutableRawPointer, _ scratch: UnsafeMutableRawPointer) -> Void
  ) {
    withUnsafeTemporaryAllocation(byteCount: byteCount, alignment: 8) { scratch in
      pixels.withUnsafeMutableBytes { images in
        if let images = images.baseAddress, let scratch = scratch.baseAddress { body(images, scratch) }
      }
    }
  }
}
