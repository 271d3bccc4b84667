import CTorchShim
import TensorFiles

/// The element type of a tensor.
public enum DType: Sendable, Hashable, CaseIterable {
  case bool, uint8, int8, int16, int32, int64
  case float16, bfloat16, float32, float64
  case complex64, complex128

  public var isFloatingPoint: Bool {
    switch self {
    case .float16, .bfloat16, .float32, .float64: true
    default: false
    }
  }

  var code: SFType {
    switch self {
    case .bool: SFTypeBool
    case .uint8: SFTypeUInt8
    case .int8: SFTypeInt8
    case .int16: SFTypeInt16
    case .int32: SFTypeInt32
    case .int64: SFTypeInt64
    case .float16: SFTypeFloat16
    case .bfloat16: SFTypeBFloat16
    case .float32: SFTypeFloat32
    case .float64: SFTypeFloat64
    case .complex64: SFTypeComplex64
    case .complex128: SFTypeComplex128
    }
  }

  init(code: SFType) throws {
    guard let match = DType.allCases.first(where: { $0.code == code }) else {
      throw TorchError(code: .internal, message: "unknown element type code \(code.rawValue)")
    }
    self = match
  }

  /// The type as files name it; complex numbers have no place in the files.
  public var elementType: ElementType? {
    switch self {
    case .bool: .bool
    case .uint8: .uint8
    case .int8: .int8
    case .int16: .int16
    case .int32: .int32
    case .int64: .int64
    case .float16: .float16
    case .bfloat16: .bfloat16
    case .float32: .float32
    case .float64: .float64
    case .complex64, .complex128: nil
    }
  }

  public init(_ elementType: ElementType) {
    self =
      switch elementType {
      case .bool: .bool
      case .uint8: .uint8
      case .int8: .int8
      case .int16: .int16
      case .int32: .int32
      case .int64: .int64
      case .float16: .float16
      case .bfloat16: .bfloat16
      case .float32: .float32
      case .float64: .float64
      }
  }
}
