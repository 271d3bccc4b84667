import Results
import TorchCore

/// One claim about residual networks, and how it is judged.
///
/// Everything but ``run(_:)`` is known before the run: the criteria are stated first, and the run only says whether they
/// are met.
public protocol Study: Sendable {
  /// As on the command line, such as `total-variation`.
  var name: String { get }
  var title: String { get }
  /// The claim as its authors make it, with its source.
  var claim: String { get }
  /// What is measured, and on what.
  var method: String { get }
  /// Conditions that the claim has to meet, each with its threshold.
  var criteria: [String] { get }
  /// Under which conditions the claim holds, and what it does not say.
  var conditions: String { get }

  /// - Returns: one judgement for each of ``criteria``, in order.
  @TorchActor func run(_ setting: StudySetting) throws -> StudyOutcome
}

/// What a study's run yields.
public struct StudyOutcome: Sendable {
  public var judgements: [Judgement]
  public var findings: [StudyRecord.Finding]
  public var figures: [StudyFigure]

  public init(judgements: [Judgement], findings: [StudyRecord.Finding], figures: [StudyFigure]) {
    self.judgements = judgements
    self.findings = findings
    self.figures = figures
  }
}
