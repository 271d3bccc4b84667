import Foundation

/// What a folder of images looks like, from the names in it.
enum FolderLayout: Equatable {
  /// `ROOT/{train,test}/CLASS/*.png` or `ROOT/CLASS/*.png`.
  case classes
  /// `ROOT/DOMAIN/{train,test}/CLASS/*.png` or `ROOT/DOMAIN/CLASS/*.png`: these domains, in order.
  case domains([String])
  /// A CSV file, or a folder with one named `manifest.csv` and no folders of images.
  case manifest
  case unknown

  /// What a manifest is called where only its folder is named.
  static let manifestName = "manifest.csv"

  /// - Throws: `DataError` if it is not there or cannot be read.
  init(_ root: URL) throws {
    let place = try ResolvedPath(root.path)
    guard place.isFolder else {
      self = root.path.lowercased().hasSuffix(".csv") ? .manifest : .unknown
      return
    }
    let top = try FolderEntries(root.path, root: place.real).entries
    let folders = top.compactMap { if case .folder = $0.kind { $0.name } else { nil } }
    if folders.contains("train") || folders.contains("test") {
      self = .classes
      return
    }
    var nested = false
    for folder in folders {
      for entry in try FolderEntries(root.path + "/" + folder, root: place.real).entries {
        switch entry.kind {
        case .file where entry.name.lowercased().hasSuffix(".png"):
          self = .classes
          return
        case .folder: nested = true
        case .file, .refused: break
        }
      }
    }
    if nested {
      self = .domains(folders)
    } else {
      self = top.contains { $0.name == Self.manifestName } ? .manifest : .unknown
    }
  }

  /// The names of the domains in a folder; none where it is anything else.
  ///
  /// - Throws: `DataError` if it is not there or cannot be read.
  static func domains(in root: URL) throws -> [String] {
    if case .domains(let names) = try FolderLayout(root) { names } else { [] }
  }

  /// - Throws: `DataError` where a folder of classes is needed and this is clearly something else.
  static func requireClasses(_ root: URL) throws {
    switch try FolderLayout(root) {
    case .classes, .unknown: return  // Loading says best what an unknown folder lacks.
    case .domains:
      throw DataError(
        code: .badData, path: root.path,
        reason: "it looks like DOMAIN/{train,test}/CLASS/*.png or DOMAIN/CLASS/*.png, not like a folder of classes",
        advice: "Name the folder of one domain, or train on all with data.stream.kind: domains.")
    case .manifest:
      throw DataError(
        code: .badData, path: root.path, reason: "it is a CSV manifest, not a folder of classes",
        advice: "Train on it with data.stream.kind: manifest.")
    }
  }

  /// The names of the domains in a folder.
  ///
  /// - Throws: `DataError` if it is not a folder of domains.
  static func requireDomains(_ root: URL) throws -> [String] {
    switch try FolderLayout(root) {
    case .domains(let names): return names
    case .classes:
      throw DataError(
        code: .badData, path: root.path,
        reason: "it looks like CLASS/*.png or {train,test}/CLASS/*.png, not like a folder of domains",
        advice: "Use data.stream.kind: class-split, permuted, rotated or degraded.")
    case .manifest, .unknown:
      throw DataError(
        code: .badData, path: root.path, reason: "no domains in it",
        advice: "They are expected as \(root.path)/DOMAIN/{train,test}/CLASS/*.png or \(root.path)/DOMAIN/CLASS/*.png.")
    }
  }
}
