import CTorchShim

extension Tensor {
  /// A tensor of one value throughout.
  /// - Throws: `TorchError` for a negative length, or where memory does not suffice.
  public static func full(
    _ value: Double, _ shape: [Int], dtype: DType = .float32, device: Device = .cpu
  ) throws -> Tensor {
    try shape.withInt64 { sizes, rank in
      try yielded { sf_full(sizes, rank, dtype.code, device.code, value, $0) }
    }
  }

  public static func zeros(_ shape: [Int], dtype: DType = .float32, device: Device = .cpu) throws -> Tensor {
    try full(0, shape, dtype: dtype, device: device)
  }

  public static func ones(_ shape: [Int], dtype: DType = .float32, device: Device = .cpu) throws -> Tensor {
    try full(1, shape, dtype: dtype, device: device)
  }

  /// 0, 1, …, count − 1.
  public static func arange(_ count: Int, dtype: DType = .int64, device: Device = .cpu) throws -> Tensor {
    try yielded { sf_arange(Int64(count), dtype.code, device.code, $0) }
  }

  /// The n×n identity matrix.
  public static func eye(_ n: Int, dtype: DType = .float32, device: Device = .cpu) throws -> Tensor {
    try yielded { sf_eye(Int64(n), dtype.code, device.code, $0) }
  }

  /// A tensor on the CPU of the given values, in row-major order.
  /// - Throws: `TorchError` where the shape holds another number of values.
  public init(_ values: [Float], _ shape: [Int]) throws { try self.init(elements: values, shape, .float32) }
  public init(_ values: [Double], _ shape: [Int]) throws { try self.init(elements: values, shape, .float64) }
  public init(_ values: [Int64], _ shape: [Int]) throws { try self.init(elements: values, shape, .int64) }
  public init(_ values: [UInt8], _ shape: [Int]) throws { try self.init(elements: values, shape, .uint8) }

  /// A vector of indices or labels, int64, on the CPU.
  public init(indices: [Int]) throws { try self.init(indices.map(Int64.init), [indices.count]) }

  private init<Element: BitwiseCopyable>(elements: [Element], _ shape: [Int], _ dtype: DType) throws {
    self = try elements.withUnsafeBytes { try Tensor(bytes: $0, shape: shape, dtype: dtype) }
  }

  init(bytes: UnsafeRawBufferPointer, shape: [Int], dtype: DType) throws {
    guard shape.allSatisfy({ $0 >= 0 }) else {
      throw TorchError(code: .invalidOperation, message: "shape \(shape) has a negative length")
    }
    self = try shape.withInt64 { sizes, rank in
      try Tensor.yielded { sf_from_bytes(bytes.baseAddress, bytes.count, dtype.code, sizes, rank, $0) }
    }
  }

  /// Zeros of the same shape, type, device and order in memory.
  public func zerosLike() throws -> Tensor { try unary(sf_zeros_like) }
}
