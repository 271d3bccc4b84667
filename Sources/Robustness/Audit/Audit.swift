import Results
import TorchCore

/// The questions a sceptical reviewer asks of an evaluation, each answered by one row.
///
/// A row that compares rates fails only where the lower 95 % limit of the excess (Wilson's, or Newcombe's for paired
/// rates) is above half a point: chance alone should not fail an audit. A passing audit does not prove robustness: no
/// automatic check replaces an attack adapted to the defence (Tramèr et al. 2020).
public enum Audit {
  /// Half a point: an excess that is surely above it fails.
  public static let tolerance = 0.005

  /// Does every sample that the single step fools fall to the iterative attack too?
  ///
  /// - Parameters:
  ///   - singleStep, iterative: correct under each attack, per sample, in the same ball.
  ///   - context: which attacks and ball, for the detail.
  public static func iterativeIsStronger(
    singleStep: [Bool], iterative: [Bool], context: String = ""
  ) throws -> AuditRow {
    try RobustnessError.requireEqual("outcomes", iterative.count, singleStep.count)
    let missed = Tally(zip(singleStep, iterative).map { !$0 && $1 })
    return row(
      "iterative attack is at least as strong as a single step, per sample",
      missed.n == 0 ? nil : missed.interval.low <= tolerance,
      "\(missed.correct) of \(missed.n) samples fall to the single step only", context)
  }

  /// Does accuracy fall as ε grows, on the raw iterative curve? (An envelope falls by construction, and FGSM's raw
  /// curve may bend.)
  ///
  /// - Parameter curve: correct per sample at each ε, ascending.
  public static func accuracyFalls(_ curve: [(epsilon: Rational, correct: [Bool])], context: String = "") throws
    -> AuditRow
  {
    let steps = try zip(curve, curve.dropFirst()).map { smaller, larger in
      (smaller: smaller, larger: larger, rise: try PairedDifference(larger.correct, smaller.correct))
    }
    let check = "accuracy falls as ε grows"
    guard let worst = steps.max(by: { $0.rise.interval.low < $1.rise.interval.low }), worst.rise.n > 0 else {
      return row(check, nil, "fewer than two ε", context)
    }
    let largest = steps.map(\.rise.value).max() ?? 0
    return row(
      check, worst.rise.interval.low <= tolerance,
      "largest rise between neighbours \(points(largest)) over \(curve.count) ε, n = \(worst.rise.n)", context)
  }

  /// At ε = 0.5 in L∞ every image can become plain gray, so nothing better can remain than one label for all is worth.
  ///
  /// - Parameters:
  ///   - correct: per sample, under an iterative attack at L∞ 1/2.
  ///   - labels: the true classes, one a sample: chance is the share of the commonest, or 1/K where that is more.
  public static func halfBallIsAtChance(
    correct: [Bool], labels: [Int], classes: Int, context: String = ""
  ) -> AuditRow {
    let tally = Tally(correct)
    let commonest = Dictionary(grouping: labels, by: \.self).values.map(\.count).max() ?? 0
    let chance = max(1 / Double(max(classes, 1)), Double(commonest) / Double(max(labels.count, 1)))
    return row(
      "ε = 0.5 (L∞) leaves accuracy at or below chance",
      tally.n == 0 || classes < 2 ? nil : tally.interval.low - chance <= tolerance,
      "accuracy \(percent(tally.rate)) on \(tally.n) samples, chance \(percent(chance))", context)
  }

  /// Does an iterative attack fool every image once ε is so large that each image can become any other? What then
  /// remains is not robustness but an attack that is blind.
  ///
  /// - Parameters:
  ///   - correct: per sample, under an iterative attack at L∞ 1, on its own (no envelope).
  ///   - predictions: every label that the network was seen to give; where it is always the same there may be no
  ///     adversarial at all, and the row is not applicable.
  public static func curveReachesZero(
    correct: [Bool], predictions: [Int], classes: Int, context: String = ""
  ) -> AuditRow {
    let tally = Tally(correct)
    let check = "accuracy reaches 0 where every image is in reach (L∞ 1)"
    if tally.n > 0, Set(predictions).count == 1 {
      return row(check, nil, "the network was never seen to give a second label", context)
    }
    return row(
      check,
      tally.n == 0 || classes < 2 ? nil : tally.interval.low <= tolerance,
      "accuracy \(percent(tally.rate)) on \(tally.n) samples", context)
  }

  /// Does no adversarial lie inside a certified radius? A single one refutes the certificate.
  ///
  /// - Throws: ``RobustnessError/unequalCounts(what:found:expected:)`` unless the bracket has one radius and one distance
  ///   per image.
  public static func certificatesHold(_ bracket: BracketRecord, context: String = "") throws -> AuditRow {
    try RobustnessError.requireEqual("attack distances", bracket.attackDistance.count, bracket.certifiedRadius.count)
    let compared = zip(bracket.certifiedRadius, bracket.attackDistance).count { $0 != nil && $1 != nil }
    let certified = bracket.certifiedRadius.count { $0 != nil }
    let violations = bracket.violations
    let first = violations.first.map { "; the first is image \($0)" } ?? ""
    return row(
      certificatesCheck, certified == 0 ? nil : violations.isEmpty,
      "\(violations.count) of \(compared) images with a certificate and an adversarial\(first)", context)
  }

  static let certificatesCheck = "no attack succeeds inside a certified radius"

  static func row(_ check: String, _ holds: Bool?, _ detail: String, _ context: String) -> AuditRow {
    let verdict: AuditRow.Verdict =
      switch holds {
      case true?: .pass
      case false?: .fail
      case nil: .notApplicable
      }
    return AuditRow(check: check, verdict: verdict, detail: context.isEmpty ? detail : "\(context): \(detail)")
  }

  static func percent(_ rate: Double?) -> String { rate.map { "\(tenths($0 * 100)) %" } ?? "not measured" }

  static func points(_ difference: Double) -> String { "\(tenths(difference * 100)) points" }

  private static func tenths(_ value: Double) -> String { "\((value * 10).rounded() / 10 + 0)" }
}
