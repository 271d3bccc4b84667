import Results
import TorchCore

/// One claim about residual networks, and how it is judged.
///
/// Everything but ``run(_:)`` is known before the run: the criteria are stated first, and the run only says whether
/// they are met.
///
/// To add a study, write one file in `Sources/Studies/Claims` with a type that conforms, and add one line to
/// ``StudyCatalogue/all``:
///
///     struct DegradationStudy: Study {
///       let name = "degradation"
///       let title = "Deeper plain networks train worse"
///       let claim = "A deeper plain network has a higher training error than a shallower one (He et al. 2016a)."
///       let method = "Training loss of plain networks of 20 and 56 layers after equal training."
///       let criteria: [StudyCriterion] = ["The training loss at 56 layers is above that at 20, over seeds."]
///       let conditions = "Ordinary initialisation and optimisation; nothing is said of the test error."
///
///       func run(_ setting: StudySetting) throws -> StudyOutcome {
///         let images = try setting.images(side: 14, train: setting.choose(tiny: 40, quick: 1_000, full: 60_000))
///         let excess = try setting.seeds.map { seed in try excessLoss(images, setting.stream(seed, "degradation")) }
///         return StudyOutcome(
///           judgements: [.above(excess, 0, "excess of the training loss")],
///           findings: [.init(name: "excess of the training loss", seeds: excess)], figures: [])
///       }
///     }
///
/// - A criterion names its threshold, and is chosen before the first run: where the run goes against it, the study says
///   so. Each has one ``Judgement``, in order: of a figure over seeds by ``Judgement/above(_:_:_:)``,
///   ``Judgement/below(_:_:_:)`` or ``Judgement/within(_:_:_:)``, of an exact fact by ``Judgement/init(_:_:)``.
/// - A criterion that no correct program can fail, because it is a theorem or an identity, is a
///   ``StudyCriterion/check(_:)``; whether the claim holds is left to the others.
/// - One value per seed goes into an interval; layers or images of one run are not independent.
/// - The first finding is the decisive figure, which tables of all studies show.
/// - Randomness is drawn from `setting.stream(seed, purpose)` alone, and everything goes by `setting.choose` where it
///   costs time: `tiny` ends in seconds, `quick` within some three minutes on one core, `full` is the claim's own scale.
/// - Images come from `setting.images`, training from `train(_:on:plan:stream:)`, evaluation from
///   `performance(of:on:)`; `setting.progress` says how far it is.
/// - Training that diverged shows: either the curve's `diverged` becomes a figure that is not finite, because diverging
///   is a part of the claim, or `requireEnd(of:)` ends the study.
public protocol Study: Sendable {
  /// As on the command line, such as `total-variation`.
  var name: String { get }
  var title: String { get }
  /// The claim as its authors make it, with its source.
  var claim: String { get }
  /// What is measured, and on what.
  var method: String { get }
  /// Conditions that the claim has to meet, each with its threshold.
  var criteria: [StudyCriterion] { get }
  /// Under which conditions the claim holds, and what it does not say.
  var conditions: String { get }

  /// - Returns: one judgement for each of ``criteria``, in order.
  @TorchActor func run(_ setting: StudySetting) throws -> StudyOutcome
}

/// What a study's run yields.
public struct StudyOutcome: Sendable {
  /// One for each of ``Study/criteria``, in order.
  public var judgements: [Judgement]
  /// The figures measured, the decisive one first.
  public var findings: [StudyRecord.Finding]
  /// Points that are not finite are left out of the record.
  public var figures: [StudyFigure]

  /// - Parameters:
  ///   - judgements: as many as the study has criteria; ``StudyRunner`` throws otherwise.
  ///   - findings: the decisive figure first.
  public init(judgements: [Judgement], findings: [StudyRecord.Finding], figures: [StudyFigure]) {
    self.judgements = judgements
    self.findings = findings
    self.figures = figures
  }
}
