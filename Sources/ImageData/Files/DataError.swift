/// What is wrong with an input: which file or folder, why, and what to do about it.
public struct DataError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The kind of failure, which decides a program's exit code.
  public enum Code: String, Sendable, Hashable, Codable {
    /// The file or folder is not there.
    case noSuchInput
    /// It is there and readable, and its content is wrong, or does not fit what was asked of it.
    case badData
    /// The operating system failed to read or write it.
    case io
  }

  public let code: Code
  /// The file or folder, as the caller named it.
  public let path: String
  /// What is wrong, as a clause without a full stop.
  public let reason: String
  /// What to do, as a sentence; empty where the reason says it.
  public let advice: String

  public init(code: Code, path: String, reason: String, advice: String = "") {
    self.code = code
    self.path = path
    self.reason = reason
    self.advice = advice
  }

  public var description: String {
    advice.isEmpty ? "\(path): \(reason)" : "\(path): \(reason). \(advice)"
  }
}
