/// What is wrong with a configuration, where, and what to do about it.
public struct ConfigurationError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The file, or the `--set` option, as the user named it.
  public var path: String
  /// Counted from 1; nil where the text has no such place.
  public var line: Int?
  /// Counted from 1, in Unicode scalars.
  public var column: Int?
  /// The key concerned, such as `training.epochs`; empty where the text is no mapping of keys at all.
  public var keyPath: String
  /// What is wrong, as a clause without a full stop.
  public var reason: String
  /// What to do; empty where the reason says it.
  public var advice: String

  public init(
    path: String, line: Int? = nil, column: Int? = nil, keyPath: String = "", reason: String, advice: String = ""
  ) {
    self.path = path
    self.line = line
    self.column = column
    self.keyPath = keyPath
    self.reason = reason
    self.advice = advice
  }

  /// `experiment.yaml:12:3: unknown key 'training.epoch' (did you mean 'training.epochs'?)`
  public var description: String {
    let place = [path, line.map(String.init), column.map(String.init)].compactMap(\.self).joined(separator: ":")
    return advice.isEmpty ? "\(place): \(reason)" : "\(place): \(reason) (\(advice))"
  }
}

/// A user's text as an error quotes it: on one line, and not endless.
func quoted(_ text: String) -> String {
  var shown = ""
  for scalar in text.unicodeScalars.prefix(80) {
    shown += scalar.properties.generalCategory == .control ? scalar.escaped(asASCII: true) : String(scalar)
  }
  return "'\(shown)\(text.unicodeScalars.count > 80 ? "…" : "")'"
}
