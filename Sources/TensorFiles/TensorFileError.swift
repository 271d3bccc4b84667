/// What is wrong with a tensor or with a file, and where.
public struct TensorFileError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The kind of fault.
  public enum Code: String, Sendable, Hashable, CaseIterable, Codable {
    /// The file ends before what it promises.
    case truncated
    /// The content contradicts its format or itself.
    case malformed
    /// A size is over a limit, or cannot be counted in 64 bits.
    case tooLarge
    /// The content may be right, but this module does not read or write it.
    case unsupported
    /// The operating system refused, or there is no such regular file.
    case io
  }

  /// The kind of fault.
  public let code: Code
  /// The file, or empty for bytes and tensors in memory.
  public let path: String
  /// What is wrong, in a sentence without its full stop.
  public let reason: String

  /// An error about `path`; an empty path stands for memory.
  public init(code: Code, path: String, reason: String) {
    self.code = code
    self.path = path
    self.reason = reason
  }

  public var description: String {
    path.isEmpty ? reason : "\(path): \(reason)"
  }
}

extension TensorFileError {
  /// The failure of a system call: what was tried, and the system's own words for `errno`.
  static func system(_ attempt: String, path: String, errno code: Int32) -> TensorFileError {
    TensorFileError(code: .io, path: path, reason: "cannot \(attempt): \(systemMessage(code))")
  }

  /// The same fault, found in a part of `path`.
  func located(at path: String, in part: String) -> TensorFileError {
    TensorFileError(code: code, path: path, reason: "\(part): \(reason)")
  }
}

/// A name from a file, quoted, escaped and cut short, fit for a message.
func quoted(_ name: String) -> String {
  let limit = 80
  var start = String.UnicodeScalarView(name.unicodeScalars.prefix(limit))
  if name.unicodeScalars.count > limit { start.append("…") }
  return String(start).debugDescription
}
