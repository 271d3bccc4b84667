import Foundation
import TensorFiles

/// A folder that appears under its name only when it is complete.
///
/// Files go to a hidden folder beside the target. One flush of all the system holds, not one a file, makes all of them durable
/// before the folder gets its name: whoever finds the name, also after a power failure, finds every file. Seventy
/// thousand flushes would take minutes. A folder that is never committed is removed.
final class StagedFolder: @unchecked Sendable {
  let target: String
  private let staging: String
  private let parent: URL
  private var isCommitted = false

  /// - Throws: `DataError` if the target exists and is no empty folder, or the folder above it is not there.
  init(_ url: URL) throws {
    let url = url.standardizedFileURL
    target = url.path
    parent = url.deletingLastPathComponent()
    staging = parent.appendingPathComponent(".\(String(UInt64.random(in: .min ... .max), radix: 36)).partial").path
    var status = stat()
    if lstat(target, &status) == 0 {
      guard status.st_mode & S_IFMT == S_IFDIR else {
        throw DataError(code: .badData, path: target, reason: "there already, and no folder")
      }
      guard try FileManager.default.contentsOfDirectory(atPath: target).isEmpty else {
        throw DataError(
          code: .badData, path: target, reason: "a folder that is not empty",
          advice: "Nothing is overwritten: name a new folder, or remove this one.")
      }
    }
    guard mkdir(staging, 0o777) == 0 else {
      let error = FileReader.systemError(parent.path)
      isCommitted = true
      throw error
    }
  }

  deinit {
    if !isCommitted { try? FileManager.default.removeItem(atPath: staging) }
  }

  /// Makes a folder and those above it. `path` is relative, of names that ``FolderName`` has made or a listing has found.
  ///
  /// - Throws: `DataError` if the system refuses.
  func makeFolder(_ path: String) throws {
    do {
      try FileManager.default.createDirectory(atPath: staging + "/" + path, withIntermediateDirectories: true)
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
    try StagedFile(staging + "/" + path, name: target + "/" + path)
  }

  /// Gives the folder its name. Nothing may be written after.
  ///
  /// - Throws: `DataError` if the system refuses, for one because something has taken the name.
  func commit() throws {
    let folder = open(staging, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else { throw FileReader.systemError(target) }
    defer { close(folder) }
    sync()
    // Says nothing of how it went, so ask of the folder itself.
    guard fsync(folder) == 0 else { throw FileReader.systemError(target) }
    // An empty folder of this name is replaced; one that has been filled meanwhile is not.
    guard rename(staging, target) == 0 else { throw FileReader.systemError(target) }
    isCommitted = true
    try DataError.fromTensorFiles { try AtomicFile.synchronizeFolder(parent) }
  }
}

/// A file of a staged folder.
final class StagedFile {
  private let name: String
  private var descriptor: Int32

  fileprivate init(_ path: String, name: String) throws {
    self.name = name
    descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw FileReader.systemError(name) }
  }

  deinit { if descriptor >= 0 { Foundation.close(descriptor) } }

  /// - Throws: `DataError` if the system refuses.
  func append(_ bytes: UnsafeRawBufferPointer) throws {
    var done = 0
    while done < bytes.count {
      let count = Foundation.write(descriptor, bytes.baseAddress?.advanced(by: done), min(bytes.count - done, 1 << 30))
      if count >= 0 {
        done += count
      } else if errno != EINTR {
        throw FileReader.systemError(name)
      }
    }
  }

  func append(_ bytes: [UInt8]) throws {
    try bytes.withUnsafeBytes { try append($0) }
  }

  /// - Throws: `DataError` if the system only now says that writing failed.
  func close() throws {
    let open = descriptor
    descriptor = -1
    guard Foundation.close(open) == 0 else { throw FileReader.systemError(name) }
  }
}
