import Foundation
import TensorFiles

/// A folder that appears under its name only when it is complete.
///
/// Files go to a hidden folder beside the target. One flush of all the system holds, not one a file, makes all of them
/// durable before the folder gets its name: whoever finds the name, also after a power failure, finds every file.
/// Seventy thousand flushes would take minutes. A folder that is never committed is removed; one whose process was
/// killed is removed by the next that stages a folder beside it.
final class StagedFolder: @unchecked Sendable {
  let target: String
  private let staging: StagingPlace
  private let parent: URL
  private var isCommitted = false

  /// - Parameter source: what the files are made from, if it must be kept apart from them.
  /// - Throws: `DataError` if the target exists and is no empty folder, is a mount point, or is the source or lies inside
  ///   it; or if the folder above it is not there.
  init(_ url: URL, source: URL?) throws {
    let url = url.standardizedFileURL
    target = url.path
    parent = url.deletingLastPathComponent()
    if let source { try Self.checkApart(url, from: source) }
    let mode = try Self.modeOfEmptyFolder(target, in: parent.path)
    StagingPlace.removeAbandoned(in: parent)
    staging = try StagingPlace(in: parent, mode: mode)
  }

  deinit {
    if !isCommitted { try? FileManager.default.removeItem(atPath: staging.path) }
  }

  /// - Throws: `DataError` if the target is the source or lies inside it, by whatever names.
  static func checkApart(_ target: URL, from source: URL) throws {
    let target = target.standardizedFileURL
    guard let source = resolvedPath(source.path) else { return }
    // The target itself may not be there.
    let parent = resolvedPath(target.deletingLastPathComponent().path)
    let resolved = resolvedPath(target.path) ?? parent.map { $0 + "/" + target.lastPathComponent }
    guard let resolved, (resolved + "/").hasPrefix(source == "/" ? "/" : source + "/") else { return }
    throw DataError(
      code: .badData, path: target.path, reason: "\(resolved == source ? "the same as" : "inside") the source",
      advice: "Name a folder outside of it, or its files would be taken for images of the source.")
  }

  /// The permissions of a folder that will be replaced, nil where there is none.
  private static func modeOfEmptyFolder(_ target: String, in parent: String) throws -> mode_t? {
    var status = stat()
    guard lstat(target, &status) == 0 else { return nil }
    guard status.st_mode & S_IFMT == S_IFDIR else {
      throw DataError(code: .badData, path: target, reason: "there already, and no folder")
    }
    var above = stat()
    guard stat(parent, &above) == 0 else { throw FileReader.systemError(parent) }
    guard status.st_dev == above.st_dev else {
      throw DataError(
        code: .badData, path: target, reason: "a mount point, which cannot be replaced",
        advice: "Name a new folder inside it.")
    }
    guard try FileManager.default.contentsOfDirectory(atPath: target).isEmpty else {
      throw DataError(
        code: .badData, path: target, reason: "a folder that is not empty",
        advice: "Nothing is overwritten: name a new folder, or remove this one.")
    }
    return status.st_mode & 0o7777
  }

  /// Makes a folder and those above it. `path` is relative, of names that ``FolderName`` has made or a listing has
  /// found.
  ///
  /// - Throws: `DataError` if the system refuses.
  func makeFolder(_ path: String) throws {
    do {
      try FileManager.default.createDirectory(atPath: staging.path + "/" + path, withIntermediateDirectories: true)
    } catch {
      throw DataError(code: .io, path: target + "/" + path, reason: "cannot be made: \(error.localizedDescription)")
    }
  }

  /// Creates a file, in a folder that is there. May be called from several threads.
  ///
  /// - Throws: `DataError` if it exists, or the system refuses.
  func write(_ bytes: UnsafeRawBufferPointer, to path: String) throws {
    let file = try create(path)
    try file.append(bytes)
    try file.close()
  }

  /// Creates a file to be written in pieces.
  ///
  /// - Throws: as `write(_:to:)`.
  func create(_ path: String) throws -> StagedFile {
    try StagedFile(staging.path + "/" + path, name: target + "/" + path)
  }

  /// Gives the folder its name. Nothing may be written after.
  ///
  /// - Throws: `DataError` if the system refuses, for one because something has taken the name.
  func commit() throws {
    sync()
    // Says nothing of how it went, so ask of the folder itself. An empty folder of this name is replaced; one that has
    // been filled meanwhile is not.
    guard staging.finish(), rename(staging.path, target) == 0 else { throw FileReader.systemError(target) }
    isCommitted = true
    try DataError.fromTensorFiles { try AtomicFile.synchronizeFolder(parent) }
  }
}
