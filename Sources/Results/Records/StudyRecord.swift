/// What a study of one claim found: enough to print its verdict, draw its figures and judge it again.
public struct StudyRecord: Sendable, Hashable, Codable {
  public static let currentSchema = "steadfast.study/1"

  public var schema = StudyRecord.currentSchema
  /// As on the command line, such as `total-variation`.
  public var name: String
  public var title: String
  /// The claim as its authors make it.
  public var claim: String
  /// What was measured, and on what.
  public var method: String
  /// What was judged, in the order in which it was stated before the run.
  public var criteria: [Criterion]
  public var findings: [Finding]
  public var figures: [StudyFigure]
  /// Under which conditions the claim holds, and what it does not say.
  public var conditions: String
  /// `quick`, or `full` for the scale of the original claim.
  public var scale: String
  public var seeds: [UInt64]
  /// Wall-clock time.
  public var seconds: Double
  /// Peak resident memory of the process after the study, in bytes.
  public var peakMemory: Int

  public init(
    name: String, title: String, claim: String, method: String, criteria: [Criterion], findings: [Finding],
    figures: [StudyFigure], conditions: String, scale: String, seeds: [UInt64], seconds: Double, peakMemory: Int
  ) {
    self.name = name
    self.title = title
    self.claim = claim
    self.method = method
    self.criteria = criteria
    self.findings = findings
    self.figures = figures
    self.conditions = conditions
    self.scale = scale
    self.seeds = seeds
    self.seconds = seconds
    self.peakMemory = peakMemory
  }

  /// One condition of the claim, stated before the run, and how it came out.
  public struct Criterion: Sendable, Hashable, Codable {
    /// What the outcome can tell.
    public enum Kind: String, Sendable, Hashable, Codable {
      /// A measurement that could come out either way: it speaks for the claim or against it.
      case evidence
      /// A theorem or an identity, which every correct program meets: not met, it shows a fault of this program and
      /// says nothing of the claim.
      case check
    }

    public enum Outcome: String, Sendable, Hashable, Codable {
      case met
      case notMet = "not met"
      /// The interval reaches over the threshold: these seeds cannot tell.
      case undecided
    }

    public var statement: String
    /// In JSON `evidence` or `check`.
    public var kind: Kind
    public var outcome: Outcome
    /// The figures that decided it.
    public var detail: String

    public init(statement: String, kind: Kind = .evidence, outcome: Outcome, detail: String) {
      self.statement = statement
      self.kind = kind
      self.outcome = outcome
      self.detail = detail
    }
  }

  /// One measured figure.
  public struct Finding: Sendable, Hashable, Codable {
    public var name: String
    public var value: Double
    /// At 95 %, over seeds or samples; nil for exact figures.
    public var interval: Interval?
    /// Such as `%`, `per block`; empty for pure numbers.
    public var unit: String

    public init(name: String, value: Double, interval: Interval? = nil, unit: String = "") {
      self.name = name
      self.value = value
      self.interval = interval
      self.unit = unit
    }
  }

  public enum Verdict: String, Sendable, Hashable, Codable, CaseIterable {
    case holds
    /// Every criterion is a check, and all are met: nothing was left to evidence.
    case holdsAsMathematics = "holds as mathematics"
    case holdsInPart = "holds in part"
    case refuted
    case undecided
    /// A check is not met: the program is at fault, and its figures are evidence of nothing.
    case checkFailed = "check failed"
  }

  /// A check that is not met fails the study, and one that is met says nothing of the claim. Of the evidence: all met,
  /// the claim holds; none met and some not, it is refuted; some not met, it holds in part; else it is undecided.
  public var verdict: Verdict {
    let checks = criteria.filter { $0.kind == .check }.map(\.outcome)
    let evidence = criteria.filter { $0.kind == .evidence }.map(\.outcome)
    if checks.contains(.notMet) { return .checkFailed }
    if criteria.isEmpty || checks.contains(.undecided) { return .undecided }
    if evidence.allSatisfy({ $0 == .met }) { return evidence.isEmpty ? .holdsAsMathematics : .holds }
    guard evidence.contains(.notMet) else { return .undecided }
    return evidence.contains(.met) ? .holdsInPart : .refuted
  }
}

/// Lines over an axis, as a value: whoever draws it decides how.
public struct StudyFigure: Sendable, Hashable, Codable {
  public enum Scale: String, Sendable, Hashable, Codable {
    case linear
    /// Points at or below zero are left out.
    case logarithmic
  }

  public struct Axis: Sendable, Hashable, Codable {
    public var title: String
    public var scale: Scale

    public init(_ title: String, _ scale: Scale = .linear) {
      self.title = title
      self.scale = scale
    }
  }

  public struct Point: Sendable, Hashable, Codable {
    public var x: Double
    public var y: Double
    /// The band around y, where there is one.
    public var band: Interval?

    public init(x: Double, y: Double, band: Interval? = nil) {
      self.x = x
      self.y = y
      self.band = band
    }
  }

  public struct Series: Sendable, Hashable, Codable {
    public var name: String
    public var points: [Point]

    public init(name: String, points: [Point]) {
      self.name = name
      self.points = points
    }
  }

  public var title: String
  public var x: Axis
  public var y: Axis
  public var series: [Series]

  public init(title: String, x: Axis, y: Axis, series: [Series]) {
    self.title = title
    self.x = x
    self.y = y
    self.series = series
  }
}
