import Results
import Yams

/// One mapping of a configuration, read key by key. Every key asked for becomes known; `finish` refuses the others.
final class ConfigurationSection {
  let document: ConfigurationDocument
  /// Such as `training.optimizer`; empty for the whole file.
  let keyPath: String
  /// Every key path asked for here and below, in order.
  private(set) var known: [String] = []
  private let mark: Mark?
  private let values: [String: ConfigurationValue]
  private let keys: [(name: String, mark: Mark?)]
  private var missing: ConfigurationError?

  init(_ mapping: Node.Mapping, keyPath: String, in document: ConfigurationDocument) throws {
    self.document = document
    self.keyPath = keyPath
    mark = mapping.mark
    var values: [String: ConfigurationValue] = [:]
    var keys: [(name: String, mark: Mark?)] = []
    for (key, value) in mapping {
      guard case .scalar(let scalar) = key else {
        throw document.error(at: key.mark ?? mapping.mark, keyPath: keyPath, reason: "a key must be a word")
      }
      let name = scalar.string
      values[name] = ConfigurationValue(value, keyPath: Self.join(keyPath, name), mark: value.mark, in: document)
      keys.append((name, scalar.mark))
    }
    self.values = values
    self.keys = keys
  }

  /// The keys that are written here, in order.
  var names: [String] { keys.map(\.name) }

  /// What is written under a key; nil where it is left out, and something else has to say what holds.
  func value(_ key: String) -> ConfigurationValue? {
    known.append(Self.join(keyPath, key))
    return values[key]
  }

  /// A value, or the default where the key is left out.
  func read<Value>(_ key: String, default: Value, _ body: (ConfigurationValue) throws -> Value) throws -> Value {
    try value(key).map(body) ?? `default`
  }

  /// A value that only the user can know. A misspelt key is reported before a missing one.
  func require<Value>(
    _ key: String, placeholder: Value, advice: String, _ body: (ConfigurationValue) throws -> Value
  ) throws -> Value {
    if let value = value(key) { return try body(value) }
    let path = Self.join(keyPath, key)
    missing = missing ?? document.error(at: mark, keyPath: path, reason: "'\(path)' is missing", advice: advice)
    return placeholder
  }

  /// A nested section; one that is left out, or empty, has only defaults.
  func section<Value>(_ key: String, _ body: (ConfigurationSection) throws -> Value) throws -> Value {
    let path = Self.join(keyPath, key)
    let inner = try value(key)?.section() ?? ConfigurationSection(Node.Mapping([]), keyPath: path, in: document)
    let result = try body(inner)
    known += inner.known
    missing = missing ?? inner.missing
    try inner.refuseUnknown()
    return result
  }

  /// A list of sections; the known keys of its elements are written `key[].name`.
  func sections<Value>(
    _ key: String, atMost limit: Int, _ body: (ConfigurationSection) throws -> Value
  ) throws -> [Value] {
    guard let list = value(key) else { return [] }
    return try list.list(atMost: limit) { element in
      let inner = try element.section()
      let result = try body(inner)
      for path in inner.known where !known.contains(path) { known.append(path) }
      try inner.refuseUnknown()
      if let missing = inner.missing { throw missing }
      return result
    }
  }

  /// An error about what is written under a key, or about this section where it is left out.
  func error(about key: String, _ reason: String, advice: String = "") -> ConfigurationError {
    if let value = values[key] { return value.error(reason, advice: advice) }
    let path = Self.join(keyPath, key)
    return document.error(at: mark, keyPath: path, reason: "'\(path)' \(reason)", advice: advice)
  }

  /// - Throws: ``ConfigurationError`` for the first key nobody asked for, or the first that had to be there.
  func finish() throws {
    try refuseUnknown()
    if let missing { throw missing }
  }

  /// - Throws: ``ConfigurationError`` for the first key nobody asked for.
  func refuseUnknown() throws {
    let names = known.compactMap { path -> String? in
      let name = keyPath.isEmpty ? path : String(path.dropFirst(keyPath.count + 1))
      return name.contains(".") || name.contains("[]") ? nil : name
    }
    guard let stranger = keys.first(where: { !names.contains($0.name) }) else { return }
    let path = Self.join(keyPath, stranger.name)
    throw document.error(
      at: stranger.mark, keyPath: path, reason: "unknown key \(quoted(path))", advice: advice(for: stranger.name, names)
    )
  }

  /// The nearest key here, else the same word in another section.
  private func advice(for name: String, _ names: [String]) -> String {
    let elsewhere = ConfigurationReader.keyPaths.filter { !$0.contains("[]") }
    let nearest =
      NearestName.find(name, among: names).map { Self.join(keyPath, $0) }
      ?? elsewhere.first { $0.split(separator: ".").last.map(String.init) == name }
    return nearest.map { "did you mean '\($0)'?" } ?? "known here: \(names.joined(separator: ", "))"
  }

  private static func join(_ path: String, _ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }
}
