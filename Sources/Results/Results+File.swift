import Foundation

extension Results {
  /// The largest results file that is read: beyond it something other than results is in the file.
  public static let largestFile = 256 << 20

  /// Reads results.json.
  /// - Throws: ``ResultsError`` naming the file, the place and the cause.
  public init(contentsOf url: URL) throws {
    let file = url.path
    let data: Data
    do {
      let handle = try FileHandle(forReadingFrom: url)
      defer { try? handle.close() }
      // One byte over the limit is asked for: the size a file system reports may be wrong or may change.
      data = try handle.read(upToCount: Self.largestFile + 1) ?? Data()
    } catch {
      throw ResultsError.unreadable(file: file, reason: (error as NSError).localizedDescription)
    }
    guard data.count <= Self.largestFile else {
      throw ResultsError.tooLarge(file: file, bytes: data.count, limit: Self.largestFile)
    }
    try self.init(json: data, file: file)
  }

  /// Decodes results from JSON; fields that this version does not know are passed over.
  /// - Throws: ``ResultsError`` with `file` in its message.
  public init(json: Data, file: String? = nil) throws {
    do {
      self = try JSONDecoder().decode(Results.self, from: json)
    } catch ResultsError.unknownSchema(_, let found) {
      throw ResultsError.unknownSchema(file: file, found: found)
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

  /// The results as JSON: UTF-8, keys sorted, shortest doubles that read back the same, one line per matrix row. Equal
  /// results give equal bytes.
  /// - Throws: ``ResultsError/notFinite(path:)``.
  public func json() throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do {
      return JSONLayout.indented(try encoder.encode(self))
    } catch EncodingError.invalidValue(_, let context) {
      throw ResultsError.notFinite(path: context.codingPath.text)
    }
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
