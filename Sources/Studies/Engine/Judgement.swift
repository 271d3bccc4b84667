import Results

/// How one criterion of a study came out, and the figures that decided it.
public struct Judgement: Sendable, Hashable {
  /// Met, not met, or undecided where the seeds do not tell.
  public let outcome: StudyRecord.Criterion.Outcome
  /// Figure, interval and threshold in words, such as
  /// `loss ratio: 1.23, 95 % interval 1.1 to 1.36 (n = 3), to be above 1`.
  public let detail: String

  /// A fact without uncertainty, such as an equality in exact arithmetic: met or not met, never undecided.
  /// - Parameter detail: the figures that decided it.
  public init(_ isMet: Bool, _ detail: String) {
    outcome = isMet ? .met : .notMet
    self.detail = detail
  }

  init(_ outcome: StudyRecord.Criterion.Outcome, _ detail: String) {
    self.outcome = outcome
    self.detail = detail
  }
}
