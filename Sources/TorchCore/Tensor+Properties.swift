import CTorchShim

extension Tensor {
  /// The number of dimensions.
  public var rank: Int { withPointer { Int(sf_rank($0)) } }

  public var shape: [Int] { withPointer { pointer in (0..<sf_rank(pointer)).map { Int(sf_size(pointer, $0)) } } }

  /// The length along a dimension; negative dimensions count from the end.
  public func size(_ dimension: Int) -> Int { shape[dimension < 0 ? rank + dimension : dimension] }

  /// The number of elements.
  public var count: Int { shape.reduce(1, *) }

  public var dtype: DType {
    get throws {
      var code = SFTypeBool
      try withPointer { try check(sf_type($0, &code)) }
      return try DType(code: code)
    }
  }

  public var device: Device { withPointer { Device(code: sf_device($0)) } }

  /// Whether an N×C×H×W tensor lies in memory as N×H×W×C, the order that convolutions run fastest in.
  public var isChannelsLast: Bool { withPointer { sf_is_channels_last($0) } }

  /// The one element as a number.
  /// - Throws: `TorchError` unless there is exactly one element.
  public func item() throws -> Double {
    var value = 0.0
    try withPointer { try check(sf_item($0, &value)) }
    return value
  }
}
