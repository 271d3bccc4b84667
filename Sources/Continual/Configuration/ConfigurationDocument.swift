import Results
import Yams

/// A configuration's YAML as a tree of nodes, with the overrides put in and the place of each value kept.
struct ConfigurationDocument {
  static let maximumBytes = 1 << 20
  /// Aliases multiply: k of them can make a node stand for 3^(k/3) copies of what was written, so few are let in.
  static let maximumAliases = 16

  let path: String
  private(set) var root: Node.Mapping
  /// Overrides as the user wrote them, by the key path that each sets.
  private var overrides: [(keyPath: [String], text: String)] = []

  /// - Throws: ``ConfigurationError`` where the text is no YAML mapping, or larger or more entangled than a configuration
  ///   has to be.
  init(_ text: String, path: String) throws {
    self.path = path
    root = try Self.mapping(Self.compose(text, path: path), path: path)
  }

  /// Sets one value: `a.b=c`, where c is YAML. Sections on the way are created; later overrides win.
  /// - Parameter kind: what errors call the override.
  /// - Returns: the key path that was set.
  @discardableResult
  mutating func apply(_ override: String, as kind: String = "--set") throws -> String {
    let source = "\(kind) \(override.count > 100 ? String(override.prefix(100)) + "…" : override)"
    guard let sign = override.firstIndex(of: "=") else {
      throw ConfigurationError(
        path: source, reason: "an override needs a key, '=' and a value", advice: "such as training.epochs=3")
    }
    let keyPath = override[..<sign].trimmingSpaces()
    let keys = keyPath.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    try Self.requireKnown(keyPath, source: source)
    let value = try Self.compose(String(override[override.index(after: sign)...]), path: source)
    try set(value?.withoutMarks ?? Node(""), at: keys[...], in: &root, source: source)
    overrides.append((keys, source))
    return keyPath
  }

  /// Removes a top-level key.
  mutating func remove(_ key: String) { root[key] = nil }

  /// Where an error about a node belongs: in the file, or in the override that set it.
  func error(at mark: Mark?, keyPath: String, reason: String, advice: String = "") -> ConfigurationError {
    let keys = keyPath.split(separator: ".").map(String.init)
    if mark == nil,
      let override = overrides.last(where: { keys.starts(with: $0.keyPath) || $0.keyPath.starts(with: keys) })
    {
      return ConfigurationError(path: override.text, keyPath: keyPath, reason: reason, advice: advice)
    }
    return ConfigurationError(
      path: path, line: mark?.line, column: mark?.column, keyPath: keyPath, reason: reason, advice: advice)
  }

  /// The error of a contrast, at its place in the file.
  func contrastError(_ name: String, _ error: ConfigurationError) -> ConfigurationError {
    let entry = root["contrasts"]?.sequence?.first { $0.mapping?["name"]?.scalar?.string == name }
    let change = error.path == path ? "" : ", \(error.path)"
    var placed = self.error(
      at: entry?.mark, keyPath: "contrasts", reason: "contrast '\(name)'\(change): \(error.reason)")
    placed.keyPath = error.keyPath
    placed.advice = error.advice
    return placed
  }

  private func set(
    _ value: Node, at keys: ArraySlice<String>, in mapping: inout Node.Mapping, source: String
  ) throws {
    guard let key = keys.first else { return }
    guard keys.count > 1 else {
      mapping[key] = value
      return
    }
    var section: Node.Mapping
    switch mapping[key] {
    case .mapping(let existing): section = existing
    case nil: section = Node.Mapping([])
    case .scalar(let scalar) where scalar.isNull: section = Node.Mapping([])
    default:
      throw ConfigurationError(path: source, keyPath: key, reason: "\(quoted(key)) is not a section in \(path)")
    }
    try set(value, at: keys.dropFirst(), in: &section, source: source)
    mapping[key] = .mapping(section)
  }

  /// An override may name a value or a whole section; parts of lists have no path.
  private static func requireKnown(_ keyPath: String, source: String) throws {
    let known = ConfigurationReader.keyPaths.filter { !$0.contains("[]") }
    guard !known.contains(keyPath), !known.contains(where: { $0.hasPrefix(keyPath + ".") }) else { return }
    throw ConfigurationError(
      path: source, keyPath: keyPath, reason: "unknown key \(quoted(keyPath))",
      advice: NearestName.find(keyPath, among: known).map { "did you mean '\($0)'?" }
        ?? "'steadfast config template' explains every key")
  }

  private static func mapping(_ node: Node?, path: String) throws -> Node.Mapping {
    switch node {
    case nil: return Node.Mapping([])
    case .mapping(let mapping): return mapping
    case .scalar(let scalar) where scalar.isNull: return Node.Mapping([])
    case .some(let other):
      throw ConfigurationError(
        path: path, line: other.mark?.line, column: other.mark?.column,
        reason: "a configuration is a mapping of keys to values", advice: "such as 'seed: 0'")
    }
  }

  private static func compose(_ text: String, path: String) throws -> Node? {
    guard text.utf8.count <= maximumBytes else {
      throw ConfigurationError(path: path, reason: "larger than \(maximumBytes) bytes, so it is no configuration")
    }
    guard aliasCount(text) <= maximumAliases else {
      throw ConfigurationError(
        path: path, reason: "more than \(maximumAliases) YAML aliases (*name)", advice: "write the values out")
    }
    do {
      // Every scalar stays text: what it must be is known from its key alone.
      return try Yams.compose(yaml: text, .basic, .default, .utf8)
    } catch let error as YamlError {
      throw ConfigurationError(error, path: path)
    }
  }

  /// At least the number of aliases: what looks like one inside text and comments counts too.
  private static func aliasCount(_ text: String) -> Int {
    var count = 0
    var previous: UInt8 = 0x20
    var isPastStar = false
    for byte in text.utf8 {
      if isPastStar, byte.isNameCharacter { count += 1 }
      isPastStar = byte == UInt8(ascii: "*") && !previous.isNameCharacter
      previous = byte
    }
    return count
  }
}

extension UInt8 {
  /// An ASCII letter or digit, - or _.
  var isNameCharacter: Bool {
    switch self {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
      true
    default: false
    }
  }
}

extension Substring {
  fileprivate func trimmingSpaces() -> String {
    String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }
}

extension Node {
  /// The node without places, which would be those of another text.
  fileprivate var withoutMarks: Node {
    switch self {
    case .scalar(var scalar):
      scalar.mark = nil
      return .scalar(scalar)
    case .sequence(let sequence):
      return .sequence(Sequence(sequence.map(\.withoutMarks), sequence.tag, sequence.style))
    case .mapping(let mapping):
      return .mapping(
        Mapping(mapping.map { ($0.key.withoutMarks, $0.value.withoutMarks) }, mapping.tag, mapping.style))
    case .alias: return self
    }
  }
}

extension Node.Scalar {
  /// Whether nothing was written, or null.
  var isNull: Bool { [.plain, .any].contains(style) && ["", "~", "null"].contains(string) }
}

extension ConfigurationError {
  /// A YAML parser's complaint.
  fileprivate init(_ error: YamlError, path: String) {
    switch error {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      self.init(path: path, line: mark.line, column: mark.column, reason: "not valid YAML: \(problem)")
    case .duplicatedKeysInMapping(let duplicates, let context):
      let keys = duplicates.sorted().prefix(5).map(quoted).joined(separator: ", ")
      self.init(
        path: path, line: context.mark.line, column: context.mark.column,
        reason: "\(keys) occurs more than once in one section", advice: "keep one")
    case .reader(let problem, _, _, _): self.init(path: path, reason: "not valid YAML: \(problem)")
    default: self.init(path: path, reason: "not valid YAML: \(error)")
    }
  }
}
