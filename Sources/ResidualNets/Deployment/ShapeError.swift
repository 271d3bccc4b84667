/// A layer that does not fit the shape of what comes in.
public struct ShapeError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The layer's name in the network.
  public let layer: String
  /// What it needs and what it gets, in words.
  public let reason: String

  public init(layer: String, reason: String) {
    self.layer = layer
    self.reason = reason
  }

  public var description: String { "layer '\(layer)' does not fit its input: \(reason)" }
}
