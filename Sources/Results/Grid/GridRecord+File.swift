import Foundation

extension GridRecord {
  /// The largest file of a grid that is read: beyond it something else is in the file.
  public static let largestFile = 64 << 20

  /// Reads grid.json.
  /// - Throws: ``ResultsError`` naming the file, the place and the cause.
  public init(contentsOf url: URL) throws {
    try self.init(json: RecordFile.bytes(of: url, limit: Self.largestFile), file: url.path)
  }

  /// Decodes a record from JSON; fields that this version does not know are passed over.
  /// - Throws: ``ResultsError`` with `file` in its message.
  public init(json: Data, file: String? = nil) throws {
    struct Outer: Decodable {
      var record: GridRecord
      enum Key: CodingKey { case schema }

      init(from decoder: any Decoder) throws {
        // The schema first: a file of another one should not be blamed for a missing field.
        let schema = try? decoder.container(keyedBy: Key.self).decode(String.self, forKey: .schema)
        guard schema == GridRecord.currentSchema else {
          throw ResultsError.unknownSchema(file: nil, found: schema, expected: GridRecord.currentSchema)
        }
        record = try GridRecord(from: decoder)
      }
    }
    self = try (RecordFile.decode(json, file: file) as Outer).record
  }

  /// The record as JSON: UTF-8, keys sorted, shortest doubles that read back the same. Equal records give equal bytes.
  /// - Throws: ``ResultsError/notFinite(path:)``.
  public func json() throws -> Data { try RecordFile.encode(self) }
}
