import CPixels

extension SampleDepth {
  /// Samples as fractions of the largest: `value / maximum`, correctly rounded.
  ///
  /// - Parameter samples: of this depth, whole.
  public func fractions(_ samples: [UInt8]) -> [Float] {
    let count = samples.count / bytes
    return [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
      cpixels_to_floats(samples, bytes, count, buffer.baseAddress)
      initialized = count
    }
  }
}
