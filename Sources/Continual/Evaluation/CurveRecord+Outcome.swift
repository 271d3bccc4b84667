import OrderedCollections
import Results
import Robustness

extension CurveRecord {
  /// What one attack left at one ε.
  private struct Measured {
    let attack: String
    let ball: PerturbationBall
    let form: Form
    let settings: String
    let point: Point
  }

  /// One curve per attack, with its settings, and norm of an outcome where the task is given.
  static func curves(of outcome: EvaluationOutcome, task: String) -> [CurveRecord] {
    curves(
      task, .taskAware, clean: outcome.clean,
      outcome.attacks.map {
        Measured(
          attack: $0.attack, ball: $0.ball, form: $0.form, settings: $0.settings,
          point: Point(
            epsilon: $0.ball.epsilon, counts: $0.tally, onGrid: $0.tallyOnGrid,
            refuted: $0.refuted))
      })
  }

  /// The same where the task is inferred.
  static func curves(of outcome: AgnosticOutcome, task: String) -> [CurveRecord] {
    curves(
      task, .taskAgnostic, clean: Tally(outcome.cleanCorrect),
      outcome.attacks.map {
        Measured(
          attack: $0.name, ball: $0.ball, form: $0.form,
          settings: $0.settings + ", against the task's own network and against the readout",
          point: Point(epsilon: $0.ball.epsilon, counts: Tally($0.correct)))
      })
  }

  private static func curves(
    _ task: String, _ readout: Readout, clean: Tally, _ measured: [Measured]
  ) -> [CurveRecord] {
    let groups = OrderedDictionary(grouping: measured) { [$0.attack, $0.ball.norm.rawValue, $0.settings] }
    return groups.values.compactMap { group in
      guard let first = group.first else { return nil }
      return CurveRecord(
        task: task, measure: first.attack, norm: first.ball.norm, readout: readout, form: first.form,
        settings: first.settings, points: [Point(epsilon: .zero, counts: clean)] + group.map(\.point))
    }
  }
}
