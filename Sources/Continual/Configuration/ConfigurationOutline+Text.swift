extension ConfigurationOutline {
  /// The tree as YAML in block style; lists of values on one line.
  var yaml: String {
    guard case .section(let entries) = self else { return "" }
    return Self.lines(entries).map { $0 + "\n" }.joined()
  }

  /// Every value with its key path, in order; elements of lists of sections are counted: `evaluation.attacks[0].name`.
  func flattened(_ path: String = "") -> [(keyPath: String, text: String)] {
    switch self {
    case .value(let text): [(path, text)]
    case .list(let elements):
      if let inline {
        [(path, inline)]
      } else {
        elements.enumerated().flatMap { $1.flattened("\(path)[\($0)]") }
      }
    case .section(let entries): entries.flatMap { $1.flattened(path.isEmpty ? $0 : "\(path).\($0)") }
    }
  }

  /// A value, or a list of values, on one line.
  private var inline: String? {
    switch self {
    case .value(let text): return text
    case .section: return nil
    case .list(let elements):
      let texts = elements.compactMap { if case .value(let text) = $0 { text } else { nil } }
      return texts.count == elements.count ? "[\(texts.joined(separator: ", "))]" : nil
    }
  }

  private static func lines(_ entries: [(key: String, value: ConfigurationOutline)]) -> [String] {
    entries.flatMap { key, value -> [String] in
      if let inline = value.inline { return ["\(key): \(inline)"] }
      switch value {
      case .section(let inner): return ["\(key):"] + lines(inner).map { "  " + $0 }
      case .list(let elements): return ["\(key):"] + elements.flatMap(element)
      case .value: return []
      }
    }
  }

  /// One element of a list of sections.
  private static func element(_ element: ConfigurationOutline) -> [String] {
    guard case .section(let entries) = element else { return [] }
    return lines(entries).enumerated().map { ($0 == 0 ? "  - " : "    ") + $1 }
  }
}
