import Foundation

#if _endian(big)
  #error("HostTensor keeps elements in little-endian order and reads them in place")
#endif

/// A tensor in ordinary memory: bytes, shape and element type, with no numerical library behind it.
///
/// Elements are little-endian, contiguous and row-major (the last axis varies fastest). The empty shape is a scalar of
/// one element; an axis of length 0 makes a tensor of none.
public struct HostTensor: Sendable, Hashable {
  /// The type of every element.
  public let elementType: ElementType
  /// The length of every axis, outermost first.
  public let shape: [Int]
  /// The elements; `bytes.count` is `count * elementType.byteCount`.
  public let bytes: [UInt8]

  /// A tensor over bytes that are already in order.
  /// - Throws: ``TensorFileError``, `malformed` when an axis is negative or the number of bytes is not what the shape
  ///   asks for, `tooLarge` when the shape cannot be counted in 64 bits.
  public init(elementType: ElementType, shape: [Int], bytes: [UInt8]) throws {
    let expected = try TensorShape.byteCount(of: shape, elementType: elementType)
    guard bytes.count == expected else {
      throw TensorFileError(
        code: .malformed, path: "",
        reason: "\(elementType) tensor of shape \(shape) needs \(expected) bytes, but has \(bytes.count)")
    }
    self.elementType = elementType
    self.shape = shape
    self.bytes = bytes
  }

  /// The number of elements.
  public var count: Int { bytes.count / elementType.byteCount }

  /// Equal type, shape and bytes: so NaN equals the same NaN, and 0 differs from −0.
  public static func == (left: HostTensor, right: HostTensor) -> Bool {
    guard left.elementType == right.elementType, left.shape == right.shape else { return false }
    return left.bytes.withUnsafeBytes { first in
      right.bytes.withUnsafeBytes { second in
        guard let start = first.baseAddress, let other = second.baseAddress, first.count > 0 else { return true }
        return memcmp(start, other, first.count) == 0
      }
    }
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(elementType)
    hasher.combine(shape)
    bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
  }
}

/// Sizes of shapes, checked for overflow.
enum TensorShape {
  /// The longest shape a file may have: the limit of NumPy and of PyTorch.
  static let maximumRank = 64

  /// The bytes of a tensor. An axis of length 0 does not excuse the others: their product has to be countable too, so
  /// that strides computed from an accepted shape never overflow.
  static func byteCount(of shape: [Int], elementType: ElementType) throws -> Int {
    var strideBytes = elementType.byteCount
    var isEmpty = false
    for length in shape {
      guard length >= 0 else {
        throw TensorFileError(code: .malformed, path: "", reason: "shape \(shape) has a negative axis")
      }
      isEmpty = isEmpty || length == 0
      let (product, overflow) = strideBytes.multipliedReportingOverflow(by: max(length, 1))
      guard !overflow else {
        throw TensorFileError(
          code: .tooLarge, path: "", reason: "shape \(shape) of \(elementType) has more bytes than 64 bits can count")
      }
      strideBytes = product
    }
    return isEmpty ? 0 : strideBytes
  }
}
