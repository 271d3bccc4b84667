import Foundation
import ResidualNets
import Results

/// Reads an experiment from YAML, strictly: what is not understood is an error with its place, never ignored.
///
/// The layout is that of ``Configuration``: one section for each nested value, keys named as its properties. Everything
/// but `data.folder` has a default.
public enum ConfigurationReader {
  /// Every key path there is, such as `training.epochs`; keys of list elements are written `evaluation.attacks[].name`.
  public static let keyPaths: [String] = {
    let sample =
      "{data: {folder: x}, network: {architecture: convnet, convolutions: [{channels: 1}]}, "
      + "evaluation: {attacks: [{name: fgsm, norm: linf, epsilons: [1]}]}, contrasts: [{name: x}]}"
    guard let document = try? ConfigurationDocument(sample, path: ""),
      let section = try? ConfigurationSection(document.root, keyPath: "", in: document),
      (try? configuration(section)) != nil
    else { return [] }
    return section.known
  }()

  /// Reads a configuration file.
  /// - Throws: ``ConfigurationError``; ``RunError`` `io` where the file cannot be read.
  public static func read(
    contentsOf file: URL, full: Bool = false, overrides: [String] = []
  ) throws -> Configuration {
    try read(text(of: file), path: file.path, full: full, overrides: overrides)
  }

  /// Reads a configuration.
  ///
  /// - Parameters:
  ///   - path: how errors call the text.
  ///   - full: whether to make the changes listed under `full`, before the overrides.
  ///   - overrides: changes such as `training.epochs=3`, made before anything is checked; later ones win.
  /// - Throws: ``ConfigurationError`` for the first thing that is wrong.
  public static func read(
    _ text: String, path: String, full: Bool = false, overrides: [String] = []
  ) throws -> Configuration {
    let written = try ConfigurationDocument(text, path: path)
    var document = written
    for override in overrides { try document.apply(override) }
    let short = try checked(document)
    guard let changes = short.full else {
      guard !full else {
        throw ConfigurationError(
          path: path, keyPath: "full", reason: "there is no long form: nothing is listed under 'full'",
          advice: "leave out --full")
      }
      return short
    }
    var longDocument = written
    for change in changes {
      let keyPath = try longDocument.apply(change, as: "full")
      guard !["full", "schema"].contains(keyPath) else {
        throw longDocument.error(at: nil, keyPath: keyPath, reason: "the long form cannot change '\(keyPath)'")
      }
    }
    for override in overrides { try longDocument.apply(override) }
    longDocument.remove("full")
    // Checked also where it is not asked for: its mistakes should not wait for the day when it is.
    let long = try checked(longDocument)
    return full ? long : short
  }

  /// The configuration of a document whose contrasts can all be read.
  private static func checked(_ document: ConfigurationDocument) throws -> Configuration {
    let configuration = try read(document)
    for contrast in configuration.contrasts {
      do {
        _ = try Self.contrast(contrast, of: document)
      } catch let error as ConfigurationError {
        throw document.contrastError(contrast.name, error)
      }
    }
    return configuration
  }

  /// What a contrast shares with the experiment that it stands beside.
  private static let fixedKeys = ["schema", "name", "data", "contrasts", "full"]

  /// The configuration of one contrast of a document.
  static func contrast(_ contrast: Configuration.Contrast, of document: ConfigurationDocument) throws -> Configuration {
    var document = document
    document.remove("contrasts")
    document.remove("full")
    for change in contrast.set {
      let keyPath = try document.apply(change, as: "set")
      guard let fixed = fixedKeys.first(where: { $0 == keyPath || keyPath.hasPrefix($0 + ".") }) else { continue }
      throw document.error(at: nil, keyPath: keyPath, reason: "a contrast cannot change '\(fixed)'")
    }
    var configuration = try read(document)
    configuration.name = contrast.name
    return configuration
  }

  private static func read(_ document: ConfigurationDocument) throws -> Configuration {
    let section = try ConfigurationSection(document.root, keyPath: "", in: document)
    let configuration = try configuration(section)
    try section.finish()
    return configuration
  }

  static func text(of file: URL) throws -> String {
    let handle: FileHandle
    let bytes: Data
    do {
      handle = try FileHandle(forReadingFrom: file)
      defer { try? handle.close() }
      // One byte more than is allowed tells too large from just right, also of files that have no end.
      bytes = try handle.read(upToCount: ConfigurationDocument.maximumBytes + 1) ?? Data()
    } catch {
      throw RunError.io(path: file.path, reason: "the configuration cannot be read: \(error.localizedDescription)")
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw ConfigurationError(path: file.path, reason: "is not UTF-8 text")
    }
    return text
  }
}
