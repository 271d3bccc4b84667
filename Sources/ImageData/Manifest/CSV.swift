/// Text in records of fields (RFC 4180): UTF-8, with or without a byte order mark, lines ended by LF or CRLF.
///
/// A field that holds a comma, a quote or the end of a line stands in quotes, and a quote in it is doubled. Blank lines
/// are no records.
enum CSV {
  /// Bytes that a field may have.
  static let maximumFieldBytes = 4096
  /// Fields that a record may have.
  static let maximumFields = 64

  /// Calls `record` with each record and the number of the line it starts in, from 1.
  ///
  /// Time is linear in the bytes, and beside them there is never more than one record in memory.
  ///
  /// - Parameter path: of the file, for errors.
  /// - Throws: `DataError` naming the line of a NUL byte, text that is not UTF-8, a quote out of place or never closed,
  ///   a carriage return alone, or a field or record above its limit; and what `record` throws.
  static func read(
    _ bytes: UnsafeRawBufferPointer, path: String, record: (_ line: Int, _ fields: [String]) throws -> Void
  ) throws {
    var reader = CSVReader(bytes: bytes, path: path)
    while let (line, fields) = try reader.next() { try record(line, fields) }
  }

  /// One record with its CRLF. Fields are quoted only where they must be.
  static func line(_ fields: [String]) -> String {
    fields.map(quoted).joined(separator: ",") + "\r\n"
  }

  private static func quoted(_ field: String) -> String {
    // An empty field alone would be a blank line, and spaces at an end may not survive an editor.
    let bare =
      !field.isEmpty && !field.hasPrefix(" ") && !field.hasSuffix(" ")
      && !field.unicodeScalars.contains { [",", "\"", "\r", "\n", "\u{FEFF}"].contains($0) }
    // By scalars: in a string of characters, a quote with a combining mark after it is another character.
    let doubled = field.unicodeScalars.flatMap { $0 == "\"" ? [$0, $0] : [$0] }
    return bare ? field : "\"" + String(String.UnicodeScalarView(doubled)) + "\""
  }
}

/// Where a reader stands in the bytes.
private struct CSVReader {
  let bytes: UnsafeRawBufferPointer
  let path: String
  private var at: Int
  private var line = 1

  init(bytes: UnsafeRawBufferPointer, path: String) {
    self.bytes = bytes
    self.path = path
    at = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
  }

  /// The next record that is no blank line, or nil at the end.
  mutating func next() throws -> (line: Int, fields: [String])? {
    while try skipLineEnd() {}
    guard at < bytes.count else { return nil }
    let start = line
    var fields: [String] = []
    while true {
      guard fields.count < CSV.maximumFields else {
        throw error("more than \(CSV.maximumFields) fields")
      }
      fields.append(try at < bytes.count && bytes[at] == quote ? quotedField() : bareField())
      if at == bytes.count { return (start, fields) }
      if bytes[at] == comma {
        at += 1
      } else if try skipLineEnd() {
        return (start, fields)
      } else {
        throw error("text after a closing quote", "Double a quote inside a quoted field.")
      }
    }
  }

  /// Up to a comma or the end of the line or file.
  private mutating func bareField() throws -> String {
    let start = at
    while at < bytes.count {
      let byte = bytes[at]
      if byte == comma || byte == carriageReturn || byte == lineFeed { break }
      if byte == quote {
        throw error(
          "a quote inside a field that does not begin with one", "Quote the whole field and double the quote.")
      }
      at += 1
      try checkLength(at - start)
    }
    return try text(bytes[start..<at])
  }

  /// From a quote to the quote that closes it.
  private mutating func quotedField() throws -> String {
    let opened = line
    at += 1
    var content: [UInt8] = []
    while at < bytes.count {
      let byte = bytes[at]
      at += 1
      if byte == quote {
        guard at < bytes.count, bytes[at] == quote else { return try content.withUnsafeBytes { try text($0[...]) } }
        at += 1
      } else if byte == lineFeed {
        line += 1
      }
      content.append(byte)
      try checkLength(content.count)
    }
    line = opened
    throw error("a quote that is never closed")
  }

  /// Whether there was one.
  private mutating func skipLineEnd() throws -> Bool {
    guard at < bytes.count else { return false }
    if bytes[at] == carriageReturn {
      guard at + 1 < bytes.count, bytes[at + 1] == lineFeed else {
        throw error("a carriage return without a line feed", "End lines with LF or CRLF.")
      }
      at += 1
    }
    guard bytes[at] == lineFeed else { return false }
    at += 1
    line += 1
    return true
  }

  private func text(_ field: Slice<UnsafeRawBufferPointer>) throws -> String {
    if field.contains(0) { throw error("a NUL byte") }
    guard let text = String(validating: field, as: UTF8.self) else { throw error("text that is not UTF-8") }
    return text
  }

  private func checkLength(_ count: Int) throws {
    if count > CSV.maximumFieldBytes { throw error("a field of more than \(CSV.maximumFieldBytes) bytes") }
  }

  private func error(_ reason: String, _ advice: String = "") -> DataError {
    DataError(code: .badData, path: path, reason: "line \(line): \(reason)", advice: advice)
  }
}

private let comma = UInt8(ascii: ",")
private let quote = UInt8(ascii: "\"")
private let carriageReturn = UInt8(ascii: "\r")
private let lineFeed = UInt8(ascii: "\n")
