import Results

// The rows that set the attack against others, which should find no more than it does: they know less of the network,
// or want more. Where one of them finds more, the gradients that the attack follows lead astray.
extension Audit {
  /// Does random noise of equal norm fool fewer samples than the attack?
  public static func noiseIsWeaker(noise: [Bool], attack: [Bool], context: String = "") throws -> AuditRow {
    try isWeaker("random noise of equal norm is weaker than the attack", "noise", noise, attack, context)
  }

  /// Does an attack that sees logits alone find no more than the one that sees gradients?
  ///
  /// - Parameters:
  ///   - blackBox, whiteBox: correct under each attack, per sample, in the same ball.
  public static func blackBoxIsWeaker(
    blackBox: [Bool], whiteBox: [Bool], context: String = ""
  ) throws -> AuditRow {
    try isWeaker(blackBoxCheck, "black-box attack", blackBox, whiteBox, context)
  }

  /// Do adversarials of another network, trained without a defence, fool fewer samples than those of the network
  /// itself?
  ///
  /// - Parameters:
  ///   - transferred: correct on the twin's adversarials, per sample.
  ///   - whiteBox: correct under the attack on the network itself.
  public static func transferIsWeaker(
    transferred: [Bool], whiteBox: [Bool], context: String = ""
  ) throws -> AuditRow {
    try isWeaker(transferCheck, "transfer", transferred, whiteBox, context)
  }

  /// Does going for chosen classes, which wants more, find no more than going for any?
  ///
  /// - Parameters:
  ///   - targeted: correct under the attack toward several classes, per sample; any wrong label is its success.
  ///   - untargeted: correct under the same attack away from the true label.
  public static func targetedFindsNoMore(
    targeted: [Bool], untargeted: [Bool], context: String = ""
  ) throws -> AuditRow {
    try isWeaker(
      "targeted attacks find no more than untargeted ones", "targeted attack", targeted, untargeted, context)
  }

  static let blackBoxCheck = "a black-box attack (Square) never beats the white-box attack"
  static let transferCheck = "transfer from an undefended twin is weaker"

  private static func isWeaker(
    _ check: String, _ rival: String, _ rivalCorrect: [Bool], _ correct: [Bool], _ context: String
  ) throws -> AuditRow {
    let excess = try PairedDifference(correct, rivalCorrect)
    return row(
      check, excess.n == 0 ? nil : excess.interval.low <= tolerance,
      "accuracy \(percent(Tally(rivalCorrect).rate)) under \(rival), \(percent(Tally(correct).rate)) under attack, "
        + "\(excess.firstOnly) of \(excess.n) samples fall to the former only", context)
  }
}
