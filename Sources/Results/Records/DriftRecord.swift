/// How far the answers to one task have moved since it was learned, on some of its test images: what is proven, and
/// what happened. Of strategies that go on changing what old tasks use.
public struct DriftRecord: Sendable, Equatable, Codable {
  public var task: String
  /// How many test images were looked at, spread evenly over all of them.
  public var images: Int
  /// Over images, bounds on ‖z′ − z‖₂, logits now and when the task was learned; absent where a layer has no bound.
  public var medianBound: Double?
  public var largestBound: Double?
  /// Over images, ‖z′ − z‖₂ as computed in double precision.
  public var medianMovement: Double?
  public var largestMovement: Double?
  /// Of images whose prediction provably is what it was when the task was learned; absent where there is no bound.
  public var proven: Tally?
  /// Of images whose prediction is what it was.
  public var standing: Tally
  /// Images that moved further than their bound, or whose proven prediction changed: each refutes the certificate.
  public var violations: Int
  /// Why there is no bound.
  public var note: String?

  public init(
    task: String, images: Int, medianBound: Double? = nil, largestBound: Double? = nil, medianMovement: Double?,
    largestMovement: Double?, proven: Tally? = nil, standing: Tally, violations: Int = 0, note: String? = nil
  ) {
    self.task = task
    self.images = images
    self.medianBound = medianBound.finite
    self.largestBound = largestBound.finite
    self.medianMovement = medianMovement.finite
    self.largestMovement = largestMovement.finite
    self.proven = proven
    self.standing = standing
    self.violations = violations
    self.note = note
  }

  /// What is wrong with the certificate, in words; nil where nothing contradicts it.
  public var refutation: String? {
    violations == 0
      ? nil : "\(task): logits moved further than their bound on \(violations) of \(images) images"
  }
}
