import ArgumentParser

extension Option<[String]> {
  /// `--set a.b=value`: what to change in a configuration before it is used; may be repeated.
  /// - Parameter help: as the command's own page says it.
  init(wrappedValue: [String], changing help: String) {
    self.init(
      wrappedValue: wrappedValue, name: .customLong("set"), parsing: .singleValue,
      help: ArgumentHelp(help, valueName: "a.b=value"))
  }
}
