/// What `verify` found.
public struct Verification: Sendable, Hashable, Codable {
  public var schema = "steadfast.verification/1"
  /// How many tensors were hashed again, those of contrasts included.
  public var checked = 0
  /// The first tensor that is not what it was, and why; nil where everything holds.
  public var firstDifference: String?
  /// A line for each thing that was checked.
  public var detail: [String] = []

  public var passed: Bool { firstDifference == nil }

  public init() {}

  mutating func fail(_ difference: String) {
    if firstDifference == nil { firstDifference = difference }
    detail.append("FAILED: \(difference)")
  }

  mutating func merge(_ other: Verification, named name: String) {
    checked += other.checked
    detail += other.detail.map { "\(name): \($0)" }
    if firstDifference == nil { firstDifference = other.firstDifference.map { "\(name): \($0)" } }
  }
}
