/// Reads the Python dictionary in a .npy header: three known keys, each once.
struct NPYHeaderReader {
  /// What the dictionary says.
  struct Fields {
    var description: String
    var isColumnMajor: Bool
    var shape: [Int]
  }

  private let bytes: [UInt8]
  private let path: String
  private var position = 0

  init(_ bytes: [UInt8], path: String) {
    self.bytes = bytes
    self.path = path
  }

  /// The whole header.
  mutating func fields() throws -> Fields {
    var description: String?
    var isColumnMajor: Bool?
    var shape: [Int]?
    try expect("{")
    while !accept("}") {
      let key = try string()
      try expect(":")
      switch key {
      case "descr" where description == nil:
        guard peek() != UInt8(ascii: "[") else { throw fault("structured arrays are not read", code: .unsupported) }
        description = try string()
      case "fortran_order" where isColumnMajor == nil: isColumnMajor = try boolean()
      case "shape" where shape == nil: shape = try tuple()
      default: throw fault("an unknown or repeated key \(quoted(key))")
      }
      guard accept(",") else {
        try expect("}")
        break
      }
    }
    guard peek() == nil else { throw fault("something follows the dictionary") }
    guard let description, let isColumnMajor, let shape else {
      throw fault("the dictionary needs 'descr', 'fortran_order' and 'shape'")
    }
    return Fields(description: description, isColumnMajor: isColumnMajor, shape: shape)
  }

  private mutating func peek() -> UInt8? {
    while position < bytes.count {
      guard bytes[position] == 0x20 || bytes[position] == 0x0A else { return bytes[position] }
      position += 1
    }
    return nil
  }

  private mutating func accept(_ mark: Unicode.Scalar) -> Bool {
    guard let byte = peek(), byte == UInt8(ascii: mark) else { return false }
    position += 1
    return true
  }

  private mutating func expect(_ mark: Unicode.Scalar) throws {
    guard accept(mark) else { throw fault("expected '\(mark)'") }
  }

  /// Either kind of quotes; no escapes, which no key and no known description needs.
  private mutating func string() throws -> String {
    guard let quote = peek(), quote == 0x27 || quote == 0x22 else { throw fault("expected a string") }
    let start = position + 1
    guard let end = bytes[start...].firstIndex(of: quote) else { throw fault("a string without its end") }
    position = end + 1
    return String(decoding: bytes[start..<end], as: UTF8.self)
  }

  private mutating func boolean() throws -> Bool {
    _ = peek()
    for (word, value) in [("True", true), ("False", false)] where bytes[position...].starts(with: word.utf8) {
      position += word.utf8.count
      return value
    }
    throw fault("expected True or False")
  }

  /// `()`, `(3,)` or `(3, 4)`; `(3)` would be a number, not a tuple.
  private mutating func tuple() throws -> [Int] {
    try expect("(")
    var numbers: [Int] = []
    while !accept(")") {
      guard numbers.count < TensorShape.maximumRank else {
        throw fault("more than \(TensorShape.maximumRank) axes", code: .unsupported)
      }
      numbers.append(try wholeNumber())
      if !accept(",") {
        guard numbers.count > 1 else { throw fault("a shape of one axis needs a comma") }
        try expect(")")
        break
      }
    }
    return numbers
  }

  private mutating func wholeNumber() throws -> Int {
    _ = peek()
    let digits = bytes[position...].prefix { (0x30...0x39).contains($0) }
    guard !digits.isEmpty else { throw fault("expected an axis length") }
    guard let number = Int(String(decoding: digits, as: UTF8.self)) else {
      throw fault("an axis length that does not fit in 64 bits", code: .tooLarge)
    }
    position = digits.endIndex
    return number
  }

  private func fault(_ reason: String, code: TensorFileError.Code = .malformed) -> TensorFileError {
    TensorFileError(code: code, path: path, reason: "header, byte \(position): \(reason)")
  }
}
