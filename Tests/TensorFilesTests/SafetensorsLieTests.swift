import TensorFiles
import Testing

/// Headers that contradict the format, the file or themselves.
struct SafetensorsLieTests {
  struct Lie: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let code: TensorFileError.Code
    let bytes: [UInt8]

    init(_ what: String, _ code: TensorFileError.Code, _ header: String, dataBytes: Int = 0) {
      self.init(what, code, bytes: safetensorsBytes(header, dataBytes: dataBytes))
    }

    init(_ what: String, _ code: TensorFileError.Code, bytes: [UInt8]) {
      (testDescription, self.code, self.bytes) = (what, code, bytes)
    }
  }

  static func tensor(_ name: String, type: String = "U8", _ shape: String, _ start: Int, _ end: Int) -> String {
    "\"\(name)\":{\"dtype\":\"\(type)\",\"shape\":[\(shape)],\"data_offsets\":[\(start),\(end)]}"
  }

  /// A file that would be right if `key` were UTF-8.
  static func metadataKey(_ key: [UInt8]) -> [UInt8] {
    safetensorsBytes(Array("{\"__metadata__\":{\"".utf8) + key + Array("\":\"\"}}".utf8))
  }

  static let sizes: [Lie] = [
    Lie("an empty file", .truncated, bytes: []),
    Lie("seven bytes", .truncated, bytes: [2, 0, 0, 0, 0, 0, 0]),
    Lie("a header length of 2⁶⁴ − 1", .tooLarge, bytes: [UInt8](repeating: 0xFF, count: 8)),
    Lie("a header length over 100 MB", .tooLarge, bytes: [1, 0xE1, 0xF5, 5, 0, 0, 0, 0]),
    Lie("a header longer than the file", .truncated, bytes: [3, 0, 0, 0, 0, 0, 0, 0] + Array("{}".utf8)),
    Lie("no header", .malformed, ""),
    Lie("an end after the data", .truncated, "{\(tensor("a", "4", 0, 4))}", dataBytes: 3),
    Lie("data without a tensor", .malformed, "{}", dataBytes: 1),
    Lie("data after the last tensor", .malformed, "{\(tensor("a", "4", 0, 4))}", dataBytes: 5),
    Lie("a hole", .malformed, "{\(tensor("a", "2", 0, 2)),\(tensor("b", "2", 3, 5))}", dataBytes: 5),
    Lie("a hole at the start", .malformed, "{\(tensor("a", "2", 1, 3))}", dataBytes: 3),
    Lie("an overlap", .malformed, "{\(tensor("a", "2", 0, 2)),\(tensor("b", "2", 1, 3))}", dataBytes: 3),
    Lie("two tensors in one place", .malformed, "{\(tensor("a", "2", 0, 2)),\(tensor("b", "2", 0, 2))}", dataBytes: 2),
    Lie("a shape smaller than its bytes", .malformed, "{\(tensor("a", "3", 0, 4))}", dataBytes: 4),
    Lie("a shape of another type's size", .malformed, "{\(tensor("a", type: "F32", "4", 0, 4))}", dataBytes: 4),
    Lie("offsets that fall", .malformed, "{\(tensor("a", "", 4, 0))}", dataBytes: 4),
    Lie("a shape that overflows", .tooLarge, "{\(tensor("a", "4294967296,4294967296", 0, 0))}"),
    Lie("a shape that overflows beside a 0", .tooLarge, "{\(tensor("a", "0,4294967296,4294967296", 0, 0))}"),
    Lie("a number over 64 bits", .tooLarge, "{\(tensor("a", "9223372036854775808", 0, 0))}"),
    Lie("a number of 400 digits", .tooLarge, "{\(tensor("a", String(repeating: "9", count: 400), 0, 0))}"),
    Lie(
      "65 axes", .malformed, "{\(tensor("a", [String](repeating: "1", count: 65).joined(separator: ","), 0, 1))}",
      dataBytes: 1),
  ]

  static let contents: [Lie] = [
    Lie("an unknown type", .unsupported, "{\(tensor("a", type: "F8_E4M3", "1", 0, 1))}", dataBytes: 1),
    Lie("a type that is no string", .malformed, #"{"a":{"dtype":3,"shape":[1],"data_offsets":[0,1]}}"#, dataBytes: 1),
    Lie("a negative axis", .malformed, "{\(tensor("a", "-1", 0, 1))}", dataBytes: 1),
    Lie("a fractional axis", .malformed, "{\(tensor("a", "1.0", 0, 1))}", dataBytes: 1),
    Lie("an axis with an exponent", .malformed, "{\(tensor("a", "1e0", 0, 1))}", dataBytes: 1),
    Lie("a leading zero", .malformed, "{\(tensor("a", "01", 0, 1))}", dataBytes: 1),
    Lie("three offsets", .malformed, #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1,1]}}"#, dataBytes: 1),
    Lie("one offset", .malformed, #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[1]}}"#, dataBytes: 1),
    Lie("no shape", .malformed, #"{"a":{"dtype":"U8","data_offsets":[0,1]}}"#, dataBytes: 1),
    Lie(
      "a field twice", .malformed, #"{"a":{"dtype":"U8","dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#, dataBytes: 1),
    Lie("an unknown field", .malformed, #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"x":1}}"#, dataBytes: 1),
    Lie("a name twice", .malformed, "{\(tensor("a", "1", 0, 1)),\(tensor("a", "1", 1, 2))}", dataBytes: 2),
    Lie(
      "a name twice, once escaped", .malformed, "{\(tensor("a", "1", 0, 1)),\(tensor("\\u0061", "1", 1, 2))}",
      dataBytes: 2),
    Lie(
      "names that differ in normalisation", .malformed, "{\(tensor("é", "1", 0, 1)),\(tensor("e\u{301}", "1", 1, 2))}",
      dataBytes: 2),
    Lie("metadata twice", .malformed, #"{"__metadata__":{},"__metadata__":{}}"#),
    Lie("a metadata key twice", .malformed, #"{"__metadata__":{"a":"1","a":"1"}}"#),
    Lie("a metadata number", .malformed, #"{"__metadata__":{"a":1}}"#),
    Lie("a metadata object", .malformed, #"{"__metadata__":{"a":{}}}"#),
    Lie("metadata that is a list", .malformed, #"{"__metadata__":[]}"#),
    Lie("a tensor that is null", .malformed, #"{"a":null}"#),
  ]

  static let texts: [Lie] = [
    Lie("a list", .malformed, "[]"),
    Lie("a space first", .malformed, " {}"),
    Lie("an object without its end", .malformed, "{"),
    Lie("something after the object", .malformed, "{}{}"),
    Lie("a zero byte after the object", .malformed, "{}\0"),
    Lie("a comma too many", .malformed, #"{"__metadata__":{},}"#),
    Lie("a string without its end", .malformed, #"{"abc"#),
    Lie("an unknown escape", .malformed, #"{"__metadata__":{"\x":""}}"#),
    Lie("an escape at the end", .malformed, #"{"\"#),
    Lie("a short \\u escape", .malformed, #"{"__metadata__":{"\u12":""}}"#),
    Lie("a full-width digit", .malformed, #"{"__metadata__":{"\u123４":""}}"#),
    Lie("half a surrogate pair", .malformed, #"{"__metadata__":{"\ud800":""}}"#),
    Lie("two first halves", .malformed, #"{"__metadata__":{"\ud800\ud800":""}}"#),
    Lie("a second half alone", .malformed, #"{"__metadata__":{"\udc00":""}}"#),
    Lie("a control character", .malformed, "{\"__metadata__\":{\"\n\":\"\"}}"),
    Lie("invalid UTF-8", .malformed, bytes: metadataKey([0xC0, 0x80])),
    Lie("a UTF-8 surrogate", .malformed, bytes: metadataKey([0xED, 0xA0, 0x80])),
    Lie("a byte order mark", .malformed, "\u{FEFF}{}"),
    Lie("100,000 brackets", .malformed, "{\"a\":" + String(repeating: "[", count: 100_000)),
    Lie("100,000 objects", .malformed, String(repeating: "{\"a\":", count: 100_000)),
  ]

  @Test(arguments: sizes + contents + texts)
  func isRefused(lie: Lie) {
    expectFault(lie.code, path: "file", lie.testDescription) { try SafetensorsFile(bytes: lie.bytes, path: "file") }
  }

  @Test func aLongOrWildNameIsCutAndEscapedInTheMessage() {
    let name = String(repeating: "x", count: 5000)
    let error = expectFault(.malformed) {
      try SafetensorsFile(bytes: safetensorsBytes("{\"\(name)\":{\"dtype\":\"U8\"}}"), path: "file")
    }
    #expect((error?.description.count ?? .max) < 250)
  }

  /// The strings that the lies are built from are read where they tell the truth.
  @Test func theTruthIsRead() throws {
    let header = "{\(Self.tensor("a", "2", 2, 4)),\(Self.tensor("b", type: "I16", "", 0, 2))}"
    let file = try SafetensorsFile(bytes: safetensorsBytes(header, dataBytes: 4), path: "")
    #expect(file.tensors.keys == ["a", "b"])
    #expect(try SafetensorsFile(bytes: Self.metadataKey([0xC3, 0xA9]), path: "").metadata == ["é": ""])
    let limit = [String](repeating: "1", count: 64).joined(separator: ",")
    let deep = safetensorsBytes("{\(Self.tensor("a", limit, 0, 1))}", dataBytes: 1)
    #expect(try SafetensorsFile(bytes: deep, path: "").tensors["a"]?.shape.count == 64)
  }

  @Test func theNamedTensorIsTheOneThatLies() {
    let header = "{\(Self.tensor("good", "2", 0, 2)),\(Self.tensor("bad", "2", 3, 5))}"
    let error = expectFault(.malformed) { try SafetensorsFile(bytes: safetensorsBytes(header, dataBytes: 5), path: "") }
    #expect(error?.reason.contains("\"bad\" leaves 1 bytes before it unused") == true)
    let overlap = "{\(Self.tensor("good", "2", 0, 2)),\(Self.tensor("bad", "2", 1, 3))}"
    let other = expectFault(.malformed) {
      try SafetensorsFile(bytes: safetensorsBytes(overlap, dataBytes: 3), path: "")
    }
    #expect(other?.reason.contains("\"bad\" overlaps") == true)
  }
}
