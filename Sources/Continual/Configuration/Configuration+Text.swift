import Foundation

extension Configuration {
  /// The whole configuration as YAML, every value written out, always in the same order. It reads back equal.
  /// - Throws: ``ConfigurationError`` where a value set in code is not one that a file may hold.
  public func yaml() throws -> String {
    let text = ConfigurationOutline(self).yaml
    guard try ConfigurationReader.read(text, path: name) == self else {
      throw ConfigurationError(
        path: name, reason: "a text begins with a byte order mark, which YAML readers drop", advice: "remove it")
    }
    return text
  }

  /// What differs, a line each: `training.epochs: 10 → 20`, from the other's value to this one's.
  public func differences(from other: Configuration) -> [String] {
    guard self != other else { return [] }
    let (old, new) = (ConfigurationOutline(other).flattened(), ConfigurationOutline(self).flattened())
    let oldTexts = Dictionary(old, uniquingKeysWith: { first, _ in first })
    let newTexts = Dictionary(new, uniquingKeysWith: { first, _ in first })
    let removed = old.filter { newTexts[$0.keyPath] == nil }.map(\.keyPath)
    return (new.map(\.keyPath) + removed).compactMap { keyPath in
      let (before, after) = (oldTexts[keyPath] ?? "(absent)", newTexts[keyPath] ?? "(absent)")
      return before == after ? nil : "\(keyPath): \(before) → \(after)"
    }
  }

  /// The configuration with some values changed, each given as `a.b=value` with a YAML value.
  /// - Throws: ``ConfigurationError``.
  public func applying(overrides: [String]) throws -> Configuration {
    try ConfigurationReader.read(ConfigurationOutline(self).yaml, path: name, overrides: overrides)
  }

  /// The configuration of one contrast: this one with the contrast's changes, its name, and no contrasts of its own.
  /// - Throws: ``ConfigurationError``, also where there is no such contrast.
  public func contrast(named name: String) throws -> Configuration {
    guard let contrast = contrasts.first(where: { $0.name == name }) else {
      throw ConfigurationError(
        path: self.name, keyPath: "contrasts", reason: "there is no contrast \(quoted(name))",
        advice: "there is: \(contrasts.map(\.name).joined(separator: ", "))")
    }
    let document = try ConfigurationDocument(ConfigurationOutline(self).yaml, path: self.name)
    return try ConfigurationReader.contrast(contrast, of: document)
  }

  /// All contrasts in order.
  /// - Throws: ``ConfigurationError``.
  public func resolvedContrasts() throws -> [(name: String, configuration: Configuration)] {
    try contrasts.map { ($0.name, try contrast(named: $0.name)) }
  }

  /// The configuration with relative paths made absolute, as seen from a folder: that of the configuration file.
  public func resolvingPaths(relativeTo folder: URL) -> Configuration {
    func resolve(_ path: String) -> String {
      path.isEmpty || path.hasPrefix("/") ? path : folder.appendingPathComponent(path).standardizedFileURL.path
    }
    var result = self
    result.data.folder = resolve(data.folder)
    result.data.stream.folders = data.stream.folders.map(resolve)
    result.data.cacheFolder = resolve(data.cacheFolder)
    result.strategy.trunkPath = resolve(strategy.trunkPath)
    for (index, contrast) in contrasts.enumerated() where contrast.set.contains(where: { $0.contains("trunkPath") }) {
      guard let path = try? self.contrast(named: contrast.name).strategy.trunkPath else { continue }
      // The later of two settings holds.
      result.contrasts[index].set.append("strategy.trunkPath=" + ConfigurationOutline.quoted(resolve(path)))
    }
    return result
  }
}
