/// The header of a .npy file: element type, axis order and shape.
struct NPYHeader {
  /// NumPy's word for the element type, such as `"<f4"`; any that is no structured one.
  let description: String
  let isColumnMajor: Bool
  let shape: [Int]
  /// Where the elements start.
  let dataStart: Int

  /// The longest header that is read. Those of plain arrays have 118 bytes or a few more.
  static let maximumHeaderBytes = 65_536
  /// The first bytes of every file.
  static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)

  init(of source: some ByteSource) throws {
    func fault(_ code: TensorFileError.Code, _ reason: String) -> TensorFileError {
      TensorFileError(code: code, path: source.path, reason: reason)
    }
    let prefix = try source.bytes(in: 0..<min(source.count, 12))
    guard prefix.prefix(6).elementsEqual(Self.magic.prefix(prefix.count)) else {
      throw fault(.malformed, "this is not a .npy file")
    }
    guard prefix.count >= 10 else { throw fault(.truncated, "\(source.count) bytes are too few for a .npy file") }
    let length: Int
    let textStart: Int
    switch (prefix[6], prefix[7]) {
    case (1, 0):
      textStart = 10
      length = Int(prefix[8]) | Int(prefix[9]) << 8
    case (2, 0), (3, 0):
      textStart = 12
      guard let wide = prefix.littleEndian(UInt32.self, at: 8) else {
        throw fault(.truncated, "\(source.count) bytes are too few for a .npy file")
      }
      length = Int(wide)
    default:
      throw fault(.unsupported, ".npy version \(prefix[6]).\(prefix[7]) is not known")
    }
    guard length <= Self.maximumHeaderBytes else {
      throw fault(.tooLarge, "the header claims \(length) bytes, over the limit of \(Self.maximumHeaderBytes)")
    }
    guard length <= source.count - textStart else {
      throw fault(.truncated, "the header claims \(length) bytes, but \(source.count - textStart) follow")
    }
    dataStart = textStart + length
    var reader = NPYHeaderReader(try source.bytes(in: textStart..<dataStart), path: source.path)
    let fields = try reader.fields()
    (description, isColumnMajor, shape) = (fields.description, fields.isColumnMajor, fields.shape)
  }

  /// The element type.
  /// - Throws: ``TensorFileError`` `unsupported` naming `path` for one that is not read.
  func elementType(path: String) throws -> ElementType {
    guard let type = ElementType(numpyDescription: description) else {
      throw TensorFileError(
        code: .unsupported, path: path, reason: "the element type \(quoted(description)) is not read")
    }
    return type
  }

  /// The bytes before the elements of a row-major array, in version 1.0, laid out as NumPy lays them out: room for the
  /// first axis to grow to 21 digits, then spaces and a newline up to a multiple of 64 bytes.
  static func encoded(description: String, shape: [Int]) -> [UInt8] {
    let axes = shape.map(String.init)
    let tuple = axes.count == 1 ? "(\(axes[0]),)" : "(\(axes.joined(separator: ", ")))"
    var text = Array("{'descr': '\(description)', 'fortran_order': False, 'shape': \(tuple), }".utf8)
    if let first = axes.first { text += [UInt8](repeating: 0x20, count: 21 - first.utf8.count) }
    text += [UInt8](repeating: 0x20, count: 64 - (10 + text.count + 1) % 64)
    text.append(UInt8(ascii: "\n"))
    var header = magic + [1, 0]
    header.append(littleEndian: UInt16(text.count))
    return header + text
  }
}

extension ElementType {
  /// The type of a NumPy description such as `"<f4"`; nil for those that are not read, big-endian ones among them.
  init?(numpyDescription: String) {
    switch numpyDescription {
    case "|b1", "<b1": self = .bool
    case "|u1", "<u1": self = .uint8
    case "|i1", "<i1": self = .int8
    case "<i2": self = .int16
    case "<i4": self = .int32
    case "<i8": self = .int64
    case "<f2": self = .float16
    case "<f4": self = .float32
    case "<f8": self = .float64
    default: return nil
    }
  }

  /// NumPy's description; nil for `bfloat16`, which NumPy does not have.
  var numpyDescription: String? {
    switch self {
    case .bool: "|b1"
    case .uint8: "|u1"
    case .int8: "|i1"
    case .int16: "<i2"
    case .int32: "<i4"
    case .int64: "<i8"
    case .float16: "<f2"
    case .bfloat16: nil
    case .float32: "<f4"
    case .float64: "<f8"
    }
  }
}
