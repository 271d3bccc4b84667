/// The header of an IDX file, the format of MNIST: two zero bytes, a type, the number of axes, and their lengths as
/// big-endian 32-bit numbers (LeCun, Cortes and Burges, "The MNIST database of handwritten digits", file formats).
struct IDXHeader {
  /// Bytes of an element.
  let elementBytes: Int
  /// The type byte: 8 unsigned bytes, 9 signed bytes, 11 16-bit and 12 32-bit signed numbers, 13 and 14 floats.
  let type: UInt8
  let shape: [Int]
  /// Bytes of all elements.
  let byteCount: Int

  /// The type byte of unsigned bytes.
  static let unsignedBytes: UInt8 = 8

  /// Reads the header, after which the elements follow.
  ///
  /// - Throws: `DataError` if it is none, or if the file cannot have as many elements as it claims.
  init(_ stream: ByteStream) throws {
    func fault(_ reason: String) -> DataError { DataError(code: .badData, path: stream.path, reason: reason) }
    let magic = try stream.bytes(4, "an IDX header")
    let sizes: [UInt8: Int] = [8: 1, 9: 1, 11: 2, 12: 4, 13: 4, 14: 8]
    guard magic[0] == 0, magic[1] == 0, let elementBytes = sizes[magic[2]], (1...4).contains(magic[3]) else {
      throw fault("not an IDX file: it begins with the bytes \(magic)")
    }
    let axes = try stream.bytes(4 * Int(magic[3]), "an IDX header")
    shape = stride(from: 0, to: axes.count, by: 4).map { start in
      axes[start..<start + 4].reduce(0) { $0 << 8 | Int($1) }
    }
    self.elementBytes = elementBytes
    type = magic[2]
    let product = shape.reduce(elementBytes as Int?) { product, length in
      product.flatMap { ImageData.byteCount($0, length) }
    }
    let headerBytes = 4 + axes.count
    guard let product, product <= stream.greatestCount else {
      throw fault(
        "its header claims \(shape.map(String.init).joined(separator: " × ")) elements, more than "
          + "\(stream.storedCount) bytes \(stream.isCompressed ? "can expand to" : "hold")")
    }
    guard stream.isCompressed || stream.storedCount == headerBytes + product else {
      throw fault("its header claims \(product) bytes of elements, but \(stream.storedCount - headerBytes) follow")
    }
    byteCount = product
  }

  /// The header of unsigned bytes.
  static func encoded(shape: [Int]) throws -> [UInt8] {
    var bytes: [UInt8] = [0, 0, unsignedBytes, UInt8(shape.count)]
    for length in shape {
      guard let length = UInt32(exactly: length) else {
        throw DataError(code: .badData, path: "IDX file", reason: "an axis of \(length) is too long for the format")
      }
      bytes += [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: length >> $0) }
    }
    return bytes
  }
}
