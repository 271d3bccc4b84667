import Foundation

extension Results {
  /// The largest results file that is read: beyond it something other than results is in the file.
  public static let largestFile = 256 << 20

  /// Reads results.json.
  /// - Throws: ``ResultsError`` naming the file, the place and the cause.
  public init(contentsOf url: URL) throws {
    try self.init(json: RecordFile.bytes(of: url, limit: Self.largestFile), file: url.path)
  }

  /// Decodes results from JSON; fields that this version does not know are passed over.
  /// - Throws: ``ResultsError`` with `file` in its message.
  public init(json: Data, file: String? = nil) throws { self = try RecordFile.decode(json, file: file) }

  /// The results as JSON: UTF-8, keys sorted, shortest doubles that read back the same, one line per matrix row. Equal
  /// results give equal bytes.
  /// - Throws: ``ResultsError/notFinite(path:)``.
  public func json() throws -> Data { try RecordFile.encode(self) }
}
