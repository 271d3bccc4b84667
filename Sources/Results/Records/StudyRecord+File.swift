import Foundation

extension StudyRecord: SchemaRecord {
  /// The largest file of a study that is read: beyond it something else is in the file.
  public static let largestFile = 64 << 20

  /// Reads a study's file.
  /// - Throws: ``ResultsError`` naming the file, the place and the cause.
  public init(contentsOf url: URL) throws {
    try self.init(json: RecordFile.bytes(of: url, limit: Self.largestFile), file: url.path)
  }

  /// Decodes a record from JSON; fields that this version does not know are passed over.
  /// - Throws: ``ResultsError`` with `file` in its message.
  public init(json: Data, file: String? = nil) throws {
    self = try RecordFile.decode(checkingSchema: json, file: file)
    guard Self.isName(name) else {
      throw ResultsError.malformed(
        file: file, path: "name", reason: "a study's name is lower-case letters, digits and hyphens")
    }
  }

  /// The record as JSON: UTF-8, keys sorted, shortest doubles that read back the same. Equal records give equal bytes.
  /// A finding that is not finite is the text `inf`, `-inf` or `nan`; figures and intervals must be finite.
  /// - Throws: ``ResultsError/notFinite(path:)``.
  public func json() throws -> Data { try RecordFile.encode(self) }

  /// Whether a text can be a study's name, which is also the name of its files and its place on a page: lower-case
  /// letters, digits and hyphens, at most 60, beginning with a letter.
  public static func isName(_ text: String) -> Bool {
    guard text.utf8.count <= 60, let first = text.unicodeScalars.first else { return false }
    return ("a"..."z").contains(first)
      && text.unicodeScalars.allSatisfy {
        ("a"..."z").contains($0) || ("0"..."9").contains($0) || $0 == "-"
      }
  }
}

// A study may find that something is infinite, which JSON has no number for.
extension StudyRecord.Finding {
  private enum CodingKeys: CodingKey { case name, value, interval, unit }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    name = try container.decode(String.self, forKey: .name)
    interval = try container.decodeIfPresent(Interval.self, forKey: .interval)
    unit = try container.decode(String.self, forKey: .unit)
    guard let text = try? container.decode(String.self, forKey: .value) else {
      value = try container.decode(Double.self, forKey: .value)
      return
    }
    guard let known = ["inf": Double.infinity, "-inf": -.infinity, "nan": .nan][text] else {
      throw DecodingError.dataCorruptedError(
        forKey: .value, in: container, debugDescription: "neither a number nor inf, -inf or nan")
    }
    value = known
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(name, forKey: .name)
    if value.isFinite {
      try container.encode(value, forKey: .value)
    } else {
      try container.encode(value.isNaN ? "nan" : value > 0 ? "inf" : "-inf", forKey: .value)
    }
    try container.encodeIfPresent(interval, forKey: .interval)
    try container.encode(unit, forKey: .unit)
  }
}
