/// A file that was left out, and why.
public struct FileNote: Sendable, Hashable, Codable {
  /// Relative to the folder's root.
  public let path: String
  public let reason: String

  public init(path: String, reason: String) {
    self.path = path
    self.reason = reason
  }
}

extension FileNote {
  /// The reason of an error, without the path that stands beside it.
  init(path: String, error: any Error) {
    self.init(path: path, reason: (error as? DataError)?.reason ?? "\(error)")
  }
}
