import OrderedCollections
import Results
import Robustness

extension CurveRecord {
  /// One curve per attack, with its settings, and norm of an outcome.
  static func curves(of outcome: EvaluationOutcome, task: String) -> [CurveRecord] {
    let groups = OrderedDictionary(grouping: outcome.attacks) {
      [$0.attack, $0.ball.norm.rawValue, $0.settings]
    }
    return groups.values.compactMap { group in
      guard let first = group.first else { return nil }
      return CurveRecord(
        task: task, measure: first.attack, norm: first.ball.norm, form: first.form, settings: first.settings,
        points: [Point(epsilon: .zero, counts: outcome.clean)]
          + group.map { Point(epsilon: $0.ball.epsilon, counts: $0.tally, onGrid: $0.tallyOnGrid) })
    }
  }
}
