/// A file of weights that gives no network.
public struct WeightsError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The file.
  public let path: String
  /// What is wrong, in a sentence without its full stop.
  public let reason: String
  /// Whether the file could be read by a description of its network, which nobody gave.
  public let lacksDescription: Bool

  public init(path: String, reason: String, lacksDescription: Bool = false) {
    self.path = path
    self.reason = reason
    self.lacksDescription = lacksDescription
  }

  public var description: String { "\(path): \(reason)" }
}
