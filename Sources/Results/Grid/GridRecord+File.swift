import Foundation

extension GridRecord: SchemaRecord {
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
    self = try RecordFile.decode(checkingSchema: json, file: file)
  }

  /// The record as JSON: UTF-8, keys sorted, shortest doubles that read back the same. Equal records give equal bytes.
  /// - Throws: ``ResultsError/notFinite(path:)``.
  public func json() throws -> Data { try RecordFile.encode(self) }
}
