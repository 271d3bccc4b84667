/// A result whose JSON object is one flat list of fields: those of what the library found, those that the command adds,
/// and the schema.
protocol SummaryFindings: CommandResult {
  associatedtype Summary: Encodable & Sendable

  static var schema: String { get }
  /// A value with fields, none of them called `schema`.
  var summary: Summary { get }
  /// Of the command itself, by name; an optional that is nil becomes null.
  var additions: [String: any Encodable & Sendable] { get }
}

extension SummaryFindings {
  var additions: [String: any Encodable & Sendable] { [:] }

  func encode(to encoder: any Encoder) throws {
    try summary.encode(to: encoder)
    var fields = encoder.container(keyedBy: FieldName.self)
    try fields.encode(Self.schema, forKey: FieldName("schema"))
    for (name, value) in additions { try fields.encode(value, forKey: FieldName(name)) }
  }
}

private struct FieldName: CodingKey {
  let stringValue: String
  var intValue: Int? { nil }

  init(_ name: String) { stringValue = name }
  init?(stringValue: String) { self.init(stringValue) }
  init?(intValue: Int) { nil }
}
