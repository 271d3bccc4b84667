import CTorchShim
import RandomStreams

extension Tensor {
  /// Uniform on [0, 1); a pure function of the stream, the same on every machine.
  public static func uniform(_ shape: [Int], _ stream: RandomStream, dtype: DType = .float32) throws -> Tensor {
    try rows(keys: [stream.key], shape: shape, dtype, sf_uniform_rows)
  }

  /// Standard normal; a pure function of the stream.
  public static func normal(_ shape: [Int], _ stream: RandomStream, dtype: DType = .float32) throws -> Tensor {
    try rows(keys: [stream.key], shape: shape, dtype, sf_normal_rows)
  }

  /// streams.count×shape, each sample drawn from its own stream, so that it does not depend on its neighbours.
  public static func uniform(
    perSample streams: [RandomStream], _ shape: [Int], dtype: DType = .float32
  ) throws -> Tensor {
    try rows(keys: streams.map(\.key), shape: [streams.count] + shape, dtype, sf_uniform_rows)
  }

  /// The same from the standard normal distribution.
  public static func normal(
    perSample streams: [RandomStream], _ shape: [Int], dtype: DType = .float32
  ) throws -> Tensor {
    try rows(keys: streams.map(\.key), shape: [streams.count] + shape, dtype, sf_normal_rows)
  }

  private static func rows(
    keys: [UInt64], shape: [Int], _ dtype: DType,
    _ call: (UnsafePointer<UInt64>?, Int64, Int64, SFType, UnsafeMutablePointer<SFTensor?>?) -> SFStatus
  ) throws -> Tensor {
    let count = try elementCount(shape)
    let columns = keys.isEmpty ? 0 : count / keys.count
    let flat = try keys.withUnsafeBufferPointer { keys in
      try yielded { call(keys.baseAddress, Int64(keys.count), Int64(columns), dtype.code, $0) }
    }
    return try flat.reshaped(shape)
  }

  private static func elementCount(_ shape: [Int]) throws -> Int {
    var count = 1
    for length in shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: length)
      guard length >= 0, !overflow else {
        throw TorchError(code: .invalidOperation, message: "no tensor has the shape \(shape)")
      }
      count = product
    }
    return count
  }
}
