import TensorFiles

/// Labels in an array: N whole numbers, or N × 1 of them.
enum LabelArray {
  /// - Throws: `DataError` if the elements are no whole numbers, or the shape is another.
  static func read(_ reader: NPYReader, count: Int) throws -> [Int] {
    let shape = reader.shape
    // Before memory is taken: the number of images is bounded, that of labels is only claimed.
    guard let first = shape.first, shape.dropFirst().allSatisfy({ $0 == 1 }) else {
      throw DataError(
        code: .badData, path: reader.path, reason: "labels of shape \(shape.map(String.init).joined(separator: " × "))",
        advice: "Labels are one whole number an image; of one-hot rows take the argmax.")
    }
    guard first == count else {
      throw DataError(code: .badData, path: reader.path, reason: "\(first) labels for \(count) images")
    }
    guard let element = element(reader.elementDescription) else {
      throw DataError(
        code: .badData, path: reader.path,
        reason: "labels of type \(reader.elementDescription), which are not whole numbers, little-endian")
    }
    var bytes = [UInt8](repeating: 0, count: reader.byteCount)
    try bytes.withUnsafeMutableBytes { bytes in try DataError.fromTensorFiles { try reader.read(into: bytes) } }
    return bytes.withUnsafeBytes { bytes in (0..<count).map { element(bytes, $0) } }
  }

  private static func element(_ description: String) -> ((UnsafeRawBufferPointer, Int) -> Int)? {
    func at<Number: FixedWidthInteger & BitwiseCopyable>(
      _ type: Number.Type
    ) -> (UnsafeRawBufferPointer, Int) -> Int {
      { Int(clamping: $0.loadUnaligned(fromByteOffset: $1 * MemoryLayout<Number>.size, as: type)) }
    }
    switch description {
    case "|u1", "<u1": return at(UInt8.self)
    case "|i1", "<i1": return at(Int8.self)
    case "<u2": return at(UInt16.self)
    case "<i2": return at(Int16.self)
    case "<u4": return at(UInt32.self)
    case "<i4": return at(Int32.self)
    case "<u8": return at(UInt64.self)
    case "<i8": return at(Int64.self)
    default: return nil
    }
  }
}
