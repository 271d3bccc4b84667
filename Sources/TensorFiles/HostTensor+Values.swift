/// A Swift type whose memory is one element of a ``HostTensor``. This module conforms the types that qualify.
public protocol HostElement: BitwiseCopyable, Sendable {
  /// The element type with the same memory.
  static var elementType: ElementType { get }
}

extension Bool: HostElement { public static var elementType: ElementType { .bool } }
extension UInt8: HostElement { public static var elementType: ElementType { .uint8 } }
extension Int8: HostElement { public static var elementType: ElementType { .int8 } }
extension Int16: HostElement { public static var elementType: ElementType { .int16 } }
extension Int32: HostElement { public static var elementType: ElementType { .int32 } }
extension Int64: HostElement { public static var elementType: ElementType { .int64 } }
extension Float: HostElement { public static var elementType: ElementType { .float32 } }
extension Double: HostElement { public static var elementType: ElementType { .float64 } }

extension HostTensor {
  /// A tensor of `values` in row-major order.
  /// - Throws: ``TensorFileError``, as ``init(elementType:shape:bytes:)`` does.
  public init<Element: HostElement>(_ values: [Element], shape: [Int]) throws {
    try self.init(elementType: Element.elementType, shape: shape, bytes: values.withUnsafeBytes { Array($0) })
  }

  /// The elements in row-major order. Nothing is converted: `type` has to be the tensor's own. A Boolean is true where
  /// its byte is not 0.
  /// - Throws: ``TensorFileError`` `unsupported` when `type` is not the element type.
  public func values<Element: HostElement>(as type: Element.Type) throws -> [Element] {
    guard type.elementType == elementType, MemoryLayout<Element>.stride == elementType.byteCount else {
      throw TensorFileError(
        code: .unsupported, path: "", reason: "a tensor of \(elementType) was read as \(type.elementType)")
    }
    return [Element](unsafeUninitializedCapacity: count) { buffer, initializedCount in
      let raw = UnsafeMutableRawBufferPointer(buffer)
      raw.copyBytes(from: bytes)
      if elementType == .bool {
        // A file may hold any byte here, but Swift's Bool has only two.
        for index in raw.indices where raw[index] > 1 { raw[index] = 1 }
      }
      initializedCount = count
    }
  }
}
