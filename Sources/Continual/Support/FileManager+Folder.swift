import Foundation

extension FileManager {
  /// Makes a folder, and those above it, where they are missing.
  /// - Throws: `RunError.io` naming the folder.
  func makeFolder(_ url: URL) throws {
    do {
      try createDirectory(at: url, withIntermediateDirectories: true)
    } catch {
      throw RunError.io(path: url.path, reason: "cannot create the folder: \(error.localizedDescription)")
    }
  }
}
