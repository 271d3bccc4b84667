import CPixels

/// Bits of a sample in memory.
public enum SampleDepth: Int, Sendable, Hashable, Codable, CaseIterable {
  case eight = 8
  /// In the machine's byte order.
  case sixteen = 16

  /// Bytes of a sample.
  public var bytes: Int { rawValue / 8 }

  /// The sample that stands for 1: 255 or 65535.
  public var maximum: Int { (1 << rawValue) - 1 }
}

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
