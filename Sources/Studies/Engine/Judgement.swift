import Results

/// How one criterion of a study came out, and the figures that decided it.
public struct Judgement: Sendable, Hashable {
  public let outcome: StudyRecord.Criterion.Outcome
  public let detail: String

  /// A fact without uncertainty, such as an equality in exact arithmetic.
  public init(_ isMet: Bool, _ detail: String) {
    outcome = isMet ? .met : .notMet
    self.detail = detail
  }

  init(_ outcome: StudyRecord.Criterion.Outcome, _ detail: String) {
    self.outcome = outcome
    self.detail = detail
  }
}
