import Foundation
import Steadfast

/// Files that a command is told to make.
enum OutputFiles {
  /// Makes a folder where it is missing, and sees that files can be made in it: before long work whose result goes
  /// there.
  ///
  /// - Throws: ``CommandError``, input or output.
  static func prepareFolder(_ url: URL) throws {
    do {
      try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    } catch {
      throw CommandError(.io, "\(url.path): cannot make the folder: \(error.localizedDescription)")
    }
    guard access(url.path, W_OK | X_OK) == 0 else {
      throw CommandError(.io, "\(url.path): \(String(cString: strerror(errno)).lowercased())")
    }
  }

  /// A place where nothing is, in a folder that is there: to be asked before long work whose result goes there.
  ///
  /// - Throws: ``CommandError``: usage where something would be overwritten, input or output where no file can be made.
  static func unused(_ path: String) throws -> URL {
    let url = InputFiles.url(path)
    var status = stat()
    // A link that leads nowhere is something, too.
    guard lstat(url.path, &status) != 0 else {
      throw CommandError(.usage, "\(path): there already, and nothing is overwritten: name a new file")
    }
    let folder = url.deletingLastPathComponent().path
    guard stat(folder, &status) == 0 else {
      throw CommandError(.io, "\(path): the folder it would be in: \(String(cString: strerror(errno)).lowercased())")
    }
    guard status.st_mode & S_IFMT == S_IFDIR else {
      throw CommandError(.io, "\(path): what it would be in is no folder")
    }
    return url
  }
}
