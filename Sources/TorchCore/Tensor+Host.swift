import CTorchShim
import TensorFiles

extension Tensor {
  /// A copy on the CPU device of a tensor read from a file or made on another thread.
  public init(_ host: HostTensor) throws {
    self = try host.bytes.withUnsafeBytes {
      try Tensor(bytes: $0, shape: host.shape, dtype: DType(host.elementType))
    }
  }

  /// A copy of the values, in row-major order, that may cross threads and be written to files.
  public func host() throws -> HostTensor {
    guard let elementType = try dtype.elementType else {
      throw TorchError(code: .invalidOperation, message: "complex tensors have no host form")
    }
    let shape = shape
    let count = shape.reduce(elementType.byteCount, *)
    let bytes = try [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      try withPointer { try check(sf_copy_bytes($0, buffer.baseAddress, count)) }
      initialized = count
    }
    return try HostTensor(elementType: elementType, shape: shape, bytes: bytes)
  }

  /// The values in row-major order, converted to double precision.
  public func doubles() throws -> [Double] { try to(.float64).host().values(as: Double.self) }

  /// The values in row-major order, converted to single precision.
  public func floats() throws -> [Float] { try to(.float32).host().values(as: Float.self) }

  /// The values in row-major order, as integers.
  public func integers() throws -> [Int] { try to(.int64).host().values(as: Int64.self).map(Int.init) }

  /// The values of a Boolean tensor in row-major order.
  public func booleans() throws -> [Bool] { try to(.uint8).host().values(as: UInt8.self).map { $0 != 0 } }
}
