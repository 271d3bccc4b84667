import Foundation

/// A record whose file says by which schema it was written.
package protocol SchemaRecord: Decodable {
  static var currentSchema: String { get }
}

/// Reading and writing of records as JSON files, with errors that name the file, the place and the cause.
package enum RecordFile {
  /// The content of a file of at most `limit` bytes.
  package static func bytes(of url: URL, limit: Int) throws -> Data {
    let data: Data
    do {
      let handle = try FileHandle(forReadingFrom: url)
      defer { try? handle.close() }
      // One byte over the limit is asked for: the size a file system reports may be wrong or may change.
      data = try handle.read(upToCount: limit + 1) ?? Data()
    } catch {
      throw ResultsError.unreadable(file: url.path, reason: (error as NSError).localizedDescription)
    }
    guard data.count <= limit else {
      throw ResultsError.tooLarge(file: url.path, bytes: data.count, limit: limit)
    }
    return data
  }

  /// - Throws: ``ResultsError`` with `file` in its message.
  package static func decode<Record: Decodable>(_ json: Data, file: String?) throws -> Record {
    do {
      return try JSONDecoder().decode(Record.self, from: json)
    } catch ResultsError.unknownSchema(_, let found, let expected) {
      throw ResultsError.unknownSchema(file: file, found: found, expected: expected)
    } catch DecodingError.keyNotFound(let key, let context) {
      throw ResultsError.malformed(
        file: file, path: (context.codingPath + [key]).text, reason: "the field is missing")
    } catch DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context) {
      throw ResultsError.malformed(file: file, path: context.codingPath.text, reason: context.debugDescription)
    } catch DecodingError.dataCorrupted(let context) where context.codingPath.isEmpty {
      let cause = (context.underlyingError as NSError?)?.userInfo[NSDebugDescriptionErrorKey] as? String
      throw ResultsError.notJSON(file: file, reason: cause ?? context.debugDescription)
    } catch DecodingError.dataCorrupted(let context) {
      throw ResultsError.malformed(file: file, path: context.codingPath.text, reason: context.debugDescription)
    } catch {
      throw ResultsError.notJSON(file: file, reason: "\(error)")
    }
  }

  /// The same for a record that names its schema, which is looked at first: a file of another one should not be blamed
  /// for a missing field.
  package static func decode<Record: SchemaRecord>(checkingSchema json: Data, file: String?) throws -> Record {
    try (decode(json, file: file) as SchemaFirst<Record>).record
  }

  /// UTF-8, keys sorted, shortest doubles that read back the same; equal records give equal bytes.
  /// - Throws: ``ResultsError/notFinite(path:)``.
  package static func encode(_ record: some Encodable) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do {
      return JSONLayout.indented(try encoder.encode(record))
    } catch EncodingError.invalidValue(_, let context) {
      throw ResultsError.notFinite(path: context.codingPath.text)
    }
  }
}

private struct SchemaFirst<Record: SchemaRecord>: Decodable {
  let record: Record

  private enum Key: CodingKey { case schema }

  init(from decoder: any Decoder) throws {
    let schema = try? decoder.container(keyedBy: Key.self).decode(String.self, forKey: .schema)
    guard schema == Record.currentSchema else {
      throw ResultsError.unknownSchema(file: nil, found: schema, expected: Record.currentSchema)
    }
    record = try Record(from: decoder)
  }
}

extension [any CodingKey] {
  /// `accuracy[2].matrix`.
  fileprivate var text: String {
    guard !isEmpty else { return "the top" }
    return reduce(into: "") { path, key in
      if let index = key.intValue {
        path += "[\(index)]"
      } else {
        path += path.isEmpty ? key.stringValue : ".\(key.stringValue)"
      }
    }
  }
}
