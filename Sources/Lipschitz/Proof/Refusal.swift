/// A claim that a check does not confirm.
public struct Refusal: Error, Sendable, Hashable, Codable, CustomStringConvertible {
  /// What is known of the claim.
  public enum Verdict: String, Sendable, Hashable, Codable {
    /// It is wrong.
    case refuted
    /// It may be true, but the check's own means do not show it.
    case notConfirmed = "not confirmed"
    /// It is about something else.
    case mismatch
  }

  /// The stage, or the image.
  public let place: String
  /// What is claimed, in words.
  public let quantity: String
  public let verdict: Verdict
  public let claimed: Double?
  /// A number from below where the claim is refuted, from above where it is not confirmed.
  public let found: Double?
  public let reason: String

  init(
    _ place: String, _ quantity: String, _ verdict: Verdict, claimed: Double? = nil, found: Double? = nil,
    _ reason: String
  ) {
    self.place = place
    self.quantity = quantity
    self.verdict = verdict
    self.claimed = claimed
    self.found = found
    self.reason = reason
  }

  public var description: String {
    let numbers = [claimed.map { "claimed \($0)" }, found.map { "found \($0)" }].compactMap(\.self)
    return "\(place): \(quantity) \(verdict.rawValue)"
      + (numbers.isEmpty ? "" : " (\(numbers.joined(separator: ", ")))")
      + ": \(reason)"
  }
}

/// What a check came to.
public struct ProofFindings: Sendable, Hashable, Codable {
  /// A norm, from both sides.
  public struct CheckedNorm: Sendable, Hashable, Codable {
    public let stage: String
    public let claimed: Double
    /// The claim is not below it by power iteration; nil where the constant is exact.
    public let lower: Double?
    /// The check's own bound.
    public let upper: Double
  }

  /// Norms that were confirmed.
  public internal(set) var norms: [CheckedNorm] = []
  /// Compositions, rows and images that were confirmed.
  public internal(set) var confirmed = 0
  /// Of these, images.
  public internal(set) var images = 0
  public internal(set) var refusals: [Refusal] = []

  public init() {}

  public var isConfirmed: Bool { refusals.isEmpty }

  public mutating func formUnion(_ other: ProofFindings) {
    norms += other.norms
    confirmed += other.confirmed
    images += other.images
    refusals += other.refusals
  }

  /// Notes whether a claim holds.
  mutating func require(_ holds: Bool, _ refusal: @autoclosure () -> Refusal) {
    if holds { confirmed += 1 } else { refusals.append(refusal()) }
  }
}
