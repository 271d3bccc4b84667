import Foundation
import Steadfast

/// Files and folders named on the command line.
enum InputFiles {
  /// A path as a location; relative ones start from the current folder.
  static func url(_ path: String) -> URL { URL(fileURLWithPath: path).standardizedFileURL }

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

  /// A file that is there, for a configuration.
  ///
  /// - Throws: as ``existing(_:)``; bad input for a folder.
  static func configurationFile(_ path: String) throws -> URL {
    let url = try existing(path)
    var isFolder: ObjCBool = false
    if FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder), isFolder.boolValue {
      throw CommandError(.badInput, "\(path): a folder, not a configuration file")
    }
    return url
  }

  /// What a run was configured as; nil of a folder or file that is no run.
  static func configuration(ofRun run: URL) throws -> Configuration? {
    let stored = run.appendingPathComponent("config.yaml")
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
