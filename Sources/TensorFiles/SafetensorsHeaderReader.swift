/// Reads the JSON of a safetensors header, and no other JSON.
///
/// The format allows one shape of document: an object of tensors, each an object of three fields, and an object of
/// strings. Reading just that, by hand, sees duplicate keys (which general JSON readers hide), cannot be made to
/// recurse, and builds nothing but the result.
struct SafetensorsHeaderReader {
  private let bytes: [UInt8]
  private let path: String
  private var position = 0

  init(_ bytes: [UInt8], path: String) {
    self.bytes = bytes
    self.path = path
  }

  /// The next byte that is not white space, or nil at the end. Does not move past it.
  mutating func peek() -> UInt8? {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x09, 0x0A, 0x0D: position += 1
      default: return bytes[position]
      }
    }
    return nil
  }

  /// Moves past one punctuation mark.
  mutating func expect(_ mark: Unicode.Scalar) throws {
    guard let byte = peek(), byte == UInt8(ascii: mark) else { throw fault("expected '\(mark)'") }
    position += 1
  }

  /// Moves past one punctuation mark where it stands next.
  mutating func accept(_ mark: Unicode.Scalar) -> Bool {
    guard let byte = peek(), byte == UInt8(ascii: mark) else { return false }
    position += 1
    return true
  }

  /// An object: calls `member` after each key's colon; it has to read the value.
  mutating func object(_ member: (inout SafetensorsHeaderReader, String) throws -> Void) throws {
    try expect("{")
    if accept("}") { return }
    repeat {
      let key = try string()
      try expect(":")
      try member(&self, key)
    } while accept(",")
    try expect("}")
  }

  /// An array of at most `limit` whole numbers, none negative.
  mutating func wholeNumbers(limit: Int) throws -> [Int] {
    try expect("[")
    if accept("]") { return [] }
    var numbers: [Int] = []
    repeat {
      guard numbers.count < limit else { throw fault("more than \(limit) numbers in a list") }
      numbers.append(try wholeNumber())
    } while accept(",")
    try expect("]")
    return numbers
  }

  private mutating func wholeNumber() throws -> Int {
    _ = peek()
    let start = position
    var number = 0
    while position < bytes.count, (0x30...0x39).contains(bytes[position]) {
      let (tens, overflow) = number.multipliedReportingOverflow(by: 10)
      let (sum, carry) = tens.addingReportingOverflow(Int(bytes[position] - 0x30))
      guard !overflow, !carry else { throw fault("a number that does not fit in 64 bits", code: .tooLarge) }
      number = sum
      position += 1
    }
    guard position > start else { throw fault("expected a whole number, not negative") }
    guard position == start + 1 || bytes[start] != 0x30 else { throw fault("a number that starts with 0") }
    return number
  }

  /// A string, its escapes resolved.
  mutating func string() throws -> String {
    try expect("\"")
    var content: [UInt8] = []
    while true {
      let start = position
      while position < bytes.count, bytes[position] >= 0x20, bytes[position] != 0x22, bytes[position] != 0x5C {
        position += 1
      }
      content.append(contentsOf: bytes[start..<position])
      guard position < bytes.count else { throw fault("a string without its end") }
      switch bytes[position] {
      case 0x22:
        position += 1
        let text = String(decoding: content, as: UTF8.self)
        // Decoding puts U+FFFD where bytes are invalid, so any repair shows as a difference.
        guard text.utf8.elementsEqual(content) else { throw fault("a string that is not valid UTF-8") }
        return text
      case 0x5C:
        position += 1
        content.append(contentsOf: String(try escapedScalar()).utf8)
      default:
        throw fault("a control character inside a string")
      }
    }
  }

  private mutating func escapedScalar() throws -> Unicode.Scalar {
    guard position < bytes.count else { throw fault("a string without its end") }
    defer { position += 1 }
    switch bytes[position] {
    case UInt8(ascii: "\""): return "\""
    case UInt8(ascii: "\\"): return "\\"
    case UInt8(ascii: "/"): return "/"
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"): return try unicodeEscape()
    default: throw fault("an unknown escape in a string")
    }
  }

  /// Reads the digits after `\u`, and a second escape where the first is half of a surrogate pair; stops on the last
  /// digit.
  private mutating func unicodeEscape() throws -> Unicode.Scalar {
    let first = try hexadecimalDigits()
    if let scalar = Unicode.Scalar(first) { return scalar }
    guard first < 0xDC00, position + 2 < bytes.count, bytes[position + 1] == 0x5C,
      bytes[position + 2] == UInt8(ascii: "u")
    else { throw fault("half of a surrogate pair in a string") }
    position += 2
    let second = try hexadecimalDigits()
    guard (0xDC00...0xDFFF).contains(second),
      let scalar = Unicode.Scalar(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00))
    else { throw fault("half of a surrogate pair in a string") }
    return scalar
  }

  /// Starts on the `u`, stops on the last of four digits.
  private mutating func hexadecimalDigits() throws -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      position += 1
      guard position < bytes.count, let digit = Character(Unicode.Scalar(bytes[position])).hexDigitValue,
        bytes[position] < 0x80
      else { throw fault("a \\u escape without four hexadecimal digits") }
      value = value << 4 | UInt32(digit)
    }
    return value
  }

  /// An error that says where in the header it is.
  func fault(_ reason: String, code: TensorFileError.Code = .malformed) -> TensorFileError {
    TensorFileError(code: code, path: path, reason: "header, byte \(position): \(reason)")
  }
}
