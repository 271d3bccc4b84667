import ImageData
import Results
import Robustness

/// What the evaluation of a finished run is to measure besides what it measures already.
public struct EvaluationAdditions: Sendable, Hashable {
  public var attacks: [Configuration.Attack]
  /// L2 radii at which certified accuracy is reported.
  public var certify: [Rational]
  /// L∞ radii likewise.
  public var certifyLinf: [Rational]
  /// Whether images are also bounded on their own balls; nil leaves the run's own choice.
  public var local: Bool?
  /// Nil leaves the run's own.
  public var smoothing: Configuration.Smoothing?
  /// Nil leaves the run's own.
  public var audit: AuditPlan.Level?
  /// Of a run that has corruptions already: as many images.
  public var corruptions: Configuration.Corruptions?
  public var spatial: Configuration.Spatial?

  public init(
    attacks: [Configuration.Attack] = [], certify: [Rational] = [], certifyLinf: [Rational] = [], local: Bool? = nil,
    smoothing: Configuration.Smoothing? = nil, audit: AuditPlan.Level? = nil,
    corruptions: Configuration.Corruptions? = nil, spatial: Configuration.Spatial? = nil
  ) {
    self.attacks = attacks
    self.certify = certify
    self.certifyLinf = certifyLinf
    self.local = local
    self.smoothing = smoothing
    self.audit = audit
    self.corruptions = corruptions
    self.spatial = spatial
  }

  /// The same for an evaluation that may have made choices of its own: attacks that it has keep their efforts and
  /// forms, corruptions their number of images, moves their range.
  func respecting(_ own: Configuration.Evaluation) -> EvaluationAdditions {
    var additions = self
    additions.attacks = attacks.map { attack in
      guard var present = own.attacks.first(where: { $0.isSameKind(as: attack) }) else { return attack }
      present.epsilons = attack.epsilons
      return present
    }
    if own.corruptions.isOn { additions.corruptions?.images = own.corruptions.images }
    if own.spatial.isOn { additions.spatial = nil }
    return additions
  }
}

extension Configuration.Corruptions {
  var isOn: Bool { images > 0 }

  /// - Throws: `RunError.unusable` where there are corruptions of another number of images.
  mutating func extend(_ more: Self) throws {
    guard more.isOn else { return }
    guard isOn else {
      self = more
      return
    }
    guard images == more.images else {
      throw RunError.unusable(
        reason: "the run has corruptions of \(images) images a task; \(more.images) would stand under the same name")
    }
    severities = Set(severities + more.severities).sorted()
    kinds = kinds.isEmpty || more.kinds.isEmpty ? [] : Degradation.Kind.allCases.filter((kinds + more.kinds).contains)
  }

  /// Whether all that another one looks at is looked at here, on the same images.
  func cover(_ other: Self) -> Bool {
    guard other.isOn else { return true }
    let areKinds = kinds.isEmpty || (!other.kinds.isEmpty && Set(kinds).isSuperset(of: other.kinds))
    return images == other.images && Set(severities).isSuperset(of: other.severities) && areKinds
  }
}

extension Configuration.Spatial {
  /// - Throws: `RunError.unusable` where other moves are tried already.
  mutating func extend(_ moves: Self) throws {
    guard !isOn || self == moves || !moves.isOn else {
      throw RunError.unusable(
        reason: "the run has \(words); \(moves.words) would stand under the same name (the attack command takes any)")
    }
    if moves.isOn { self = moves }
  }

  private var words: String { "turns up to \(turns)° and shifts up to \(shifts) pixels in \(draws) draws" }

  func covers(_ other: Self) -> Bool { !other.isOn || self == other }
}
