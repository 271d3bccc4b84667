/// What an audit spends. The questions are the same at every level; what grows is how surely a row can fail.
///
/// | | `quick` | `full` |
/// |---|---|---|
/// | images for most rows | 100 | 1000 |
/// | images for the costliest rows | 25 | 200 |
/// | audited PGD, steps | 10 | 40 |
/// | doubled | 20 | 80 |
/// | restarts | 10 | 10 |
/// | other step sizes | 3 | 4 |
/// | classes that targeted attacks try | 3 | 9 |
/// | inner points beside a planted adversary | 63 | 511 |
/// | queries of the black-box attack | 500 | 5000 |
///
/// In gradients, three forward passes counted as one, that is at most about 80 for an image and 400 more for one of the
/// costliest rows with `quick`, and 290 and 2900 with `full`. Images leave each attack as soon as they are fooled.
public struct AuditPlan: Sendable {
  /// In the order of what they cost.
  public enum Level: String, Sendable, Hashable, Codable, CaseIterable {
    /// Nothing is asked, and the one row says so.
    case off
    case quick
    case full
  }

  public var level: Level
  /// At most so many images for most rows, spread evenly over those given.
  public var images: Int
  /// Of these, for the rows that take the greatest effort per image.
  public var costlyImages: Int
  /// The white-box attack under audit, as reports use it, in L∞, L2 or L1.
  public var attack: PGD
  /// Starts in all, the audited attack's own among them.
  public let restarts = 10
  /// Tried in place of the audited attack's own.
  public var stepSizes: [StepSize]
  /// Toward how many of the likeliest wrong classes the targeted attack goes.
  public var targets: Int
  public var planted: PlantedAdversary
  /// What Square, the black-box attack, may spend on an image.
  public var queries: Int
  /// Images per batch. Bits depend on it, so it never follows from the machine.
  public var batchSize = 128

  public init(_ level: Level) {
    self.level = level
    let isFull = level == .full
    images = isFull ? 1000 : 100
    costlyImages = isFull ? 200 : 25
    attack = PGD(steps: isFull ? 40 : 10)
    stepSizes =
      [.perSteps(factor: 1), .perSteps(factor: 5)] + (isFull ? [.relative(factor: 0.25)] : [])
      + [.relative(factor: 1)]
    targets = isFull ? 9 : 3
    planted = PlantedAdversary(innerPoints: isFull ? 511 : 63)
    queries = isFull ? 5000 : 500
  }

  func check() throws {
    for (name, value) in [
      ("the audit's images", images), ("the audit's costliest images", costlyImages), ("targets", targets),
      ("the audit's batch size", batchSize),
    ] {
      try RobustnessError.require(value >= 1, name, "must be at least 1")
    }
    try planted.check()
    try attack.check()
  }

  /// The audited attack with twice the steps.
  var doubled: PGD {
    var doubled = attack
    doubled.steps *= 2
    return doubled
  }

  /// The starts that the audited attack lacks, as an attack of its own.
  var furtherStarts: PGD? {
    var further = attack
    let missing: [PGD.Start] = Array(repeating: .random, count: max(0, restarts - attack.starts.count))
    // A random start depends on its place, so those that were made keep theirs.
    further.starts = attack.starts.contains(.random) && !missing.isEmpty ? attack.starts + missing : missing
    return further.starts.isEmpty ? nil : further
  }

  /// The audited attack toward the likeliest wrong classes.
  var targeted: PGD {
    var targeted = attack
    targeted.targets = targets
    return targeted
  }
}
