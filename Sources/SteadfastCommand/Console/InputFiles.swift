import Foundation
import Steadfast

/// Files and folders named on the command line.
enum InputFiles {
  /// A path as a location; relative ones start from the current folder.
  static func url(_ path: String) -> URL { URL(fileURLWithPath: path).standardizedFileURL }

  /// The folder to write to; where none is named, one below `parent` with an experiment file's name.
  static func output(_ named: String?, for experiment: String, in parent: String) -> URL {
    url(named ?? "\(parent)/\(url(experiment).deletingPathExtension().lastPathComponent)")
  }

  static func exists(_ url: URL) -> Bool { FileManager.default.fileExists(atPath: url.path) }

  /// - Throws: ``CommandError``: no such input where nothing is there; input or output where the system does not tell.
  static func existing(_ path: String) throws -> URL {
    let url = url(path)
    var status = stat()
    guard stat(url.path, &status) == 0 else {
      let number = errno
      throw number == ENOENT || number == ENOTDIR
        ? CommandError(.noInput, "\(path): no such file or folder")
        : CommandError(.io, "\(path): \(String(cString: strerror(number)).lowercased())")
    }
    return url
  }

  static func isFolder(_ url: URL) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) && isFolder.boolValue
  }

  /// A run folder or a file of weights, told from anything else by what it begins with.
  ///
  /// - Parameter alternative: what the command takes besides, such as `.yaml`.
  /// - Throws: as ``existing(_:)``; no such input for a folder that is no run, bad input for a file that is neither.
  static func runOrWeights(_ path: String, besides alternative: String? = nil) throws -> URL {
    let url = try existing(path)
    if isFolder(url) {
      guard exists(url.appending(RunFile.configuration)) else {
        throw CommandError(.noInput, "\(path): the folder holds no run: config.yaml is missing")
      }
      return url
    }
    // A damaged file of weights is for its reader to explain.
    guard url.pathExtension.lowercased() != "safetensors" else { return url }
    let start = (try? FileHandle(forReadingFrom: url).read(upToCount: 9)) ?? Data()
    // Eight bytes tell the length of the header, which is a JSON object.
    guard start.count == 9, start.last == UInt8(ascii: "{") else {
      let choices = ["no run folder", alternative.map { "no \($0)" }].compactMap(\.self).joined(separator: ", ")
      throw CommandError(
        .badInput, "\(path): \(choices) and no safetensors file (it does not begin with a header of tensors)")
    }
    return url
  }

  /// A file that is there, for a configuration.
  ///
  /// - Throws: as ``existing(_:)``; bad input for a folder.
  static func configurationFile(_ path: String) throws -> URL {
    let url = try existing(path)
    if isFolder(url) {
      throw CommandError(.badInput, "\(path): a folder, not a configuration file")
    }
    return url
  }

  /// The experiment that a configuration file describes; relative paths in it begin at its folder.
  ///
  /// - Throws: as ``configurationFile(_:)``; `ConfigurationError`.
  static func experiment(_ path: String, full: Bool = false, overrides: [String] = []) throws -> Configuration {
    let file = try configurationFile(path)
    return try ConfigurationReader.read(contentsOf: file, full: full, overrides: overrides)
      .resolvingPaths(relativeTo: file.deletingLastPathComponent())
  }

  /// What a run was configured as; nil of a folder or file that is no run.
  static func configuration(ofRun run: URL) throws -> Configuration? {
    let stored = run.appending(RunFile.configuration)
    return exists(stored) ? try ConfigurationReader.read(contentsOf: stored) : nil
  }

  /// A file that comes with Steadfast: below the current folder, else below one of the folders around the program, else
  /// in the checkout that the program was built from.
  static func shipped(_ path: String) throws -> URL {
    var candidates = [url(".")]
    if var folder = Bundle.main.executableURL?.resolvingSymlinksInPath().deletingLastPathComponent() {
      while folder.path != "/" {
        candidates.append(folder)
        folder.deleteLastPathComponent()
      }
    }
    var source = URL(fileURLWithPath: #filePath)
    for _ in 0..<4 { source.deleteLastPathComponent() }
    candidates.append(source)
    guard
      let found = candidates.map({ $0.appendingPathComponent(path) }).first(where: {
        FileManager.default.fileExists(atPath: $0.path)
      })
    else {
      throw CommandError(
        .noInput, "\(path) is not here: run this in the folder of Steadfast's sources, which it comes with")
    }
    return found
  }
}
