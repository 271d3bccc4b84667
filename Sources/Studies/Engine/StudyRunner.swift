import Results
import TorchCore

/// Runs studies under one setting, whose decoded images they share.
public struct StudyRunner: Sendable {
  public let setting: StudySetting

  /// - Throws: ``StudyError/seeds(_:)`` for no seeds, or for one that comes twice: it would make intervals too narrow.
  public init(_ setting: StudySetting) throws {
    guard !setting.seeds.isEmpty else { throw StudyError.seeds("a study needs at least one seed") }
    guard Set(setting.seeds).count == setting.seeds.count else {
      throw StudyError.seeds("each seed counts once: the same run twice is no evidence")
    }
    self.setting = setting
  }

  /// Runs one study and judges it.
  ///
  /// - Parameter progress: called with what is being done and the share of this study that is done, 0 to 1; nil is the
  ///   setting's.
  /// - Throws: what the study throws; ``StudyError/judgements(study:found:criteria:)``.
  @TorchActor
  public func run(
    _ study: any Study, progress: (@Sendable (String, Double) -> Void)? = nil
  ) throws -> StudyRecord {
    let setting = progress.map(setting.reporting) ?? setting
    let clock = ContinuousClock()
    let start = clock.now
    let outcome = try study.run(setting)
    let criteria = study.criteria
    guard outcome.judgements.count == criteria.count else {
      throw StudyError.judgements(study: study.name, found: outcome.judgements.count, criteria: criteria.count)
    }
    setting.progress(study.title, 1)
    return StudyRecord(
      name: study.name, title: study.title, claim: study.claim, method: study.method,
      criteria: zip(criteria, outcome.judgements).map { criterion, judgement in
        .init(
          statement: criterion.statement, kind: criterion.kind, outcome: judgement.outcome, detail: judgement.detail)
      },
      findings: outcome.findings, figures: outcome.figures.map(\.finite), conditions: study.conditions,
      scale: setting.scale.rawValue, seeds: setting.seeds, seconds: (clock.now - start) / .seconds(1),
      peakMemory: PeakMemory.bytes() ?? 0)
  }
}

extension StudyFigure {
  /// Without points that have no place on an axis, such as the loss of a run that diverged.
  fileprivate var finite: StudyFigure {
    var figure = self
    for index in figure.series.indices {
      figure.series[index].points.removeAll { !$0.x.isFinite || !$0.y.isFinite }
    }
    return figure
  }
}
