import Results

// The rows that spend more, or otherwise, on the same attack: what then falls was spared by too little effort, and not
// by robustness. Each fails where accuracy surely falls by more than a point.
extension Audit {
  /// Does doubling the iterations move accuracy by less than one point?
  public static func doublingChangesLittle(
    correct: [Bool], doubled: [Bool], context: String = ""
  ) throws -> AuditRow {
    try effortChangesLittle("doubling the iterations moves accuracy by less than a point", correct, doubled, context)
  }

  /// Do ten restarts move accuracy by less than one point?
  ///
  /// - Parameters:
  ///   - correct: per sample, with one start.
  ///   - restarted: the same with ten, the first of them that one.
  public static func restartsChangeLittle(
    correct: [Bool], restarted: [Bool], context: String = ""
  ) throws -> AuditRow {
    try effortChangesLittle("ten restarts move accuracy by less than a point", correct, restarted, context)
  }

  /// Is there no step size that finds more than the attack's own? Those that find less show no weakness: a step may be
  /// too small to arrive, or too large to settle.
  ///
  /// - Parameters:
  ///   - correct: per sample, with the attack's own step size.
  ///   - sweep: the same with others, each with its size in words.
  public static func stepSizesChangeLittle(
    correct: [Bool], sweep: [(stepSize: String, correct: [Bool])], context: String = ""
  ) throws -> AuditRow {
    let check = "no other step size lowers accuracy by a point"
    let falls = try sweep.map { try PairedDifference(correct, $0.correct) }
    guard let worst = falls.map(\.interval.low).max(), !correct.isEmpty else {
      return row(check, nil, "no other step size was tried", context)
    }
    let figures = sweep.map { "\(percent(Tally($0.correct).rate)) with \($0.stepSize)" }
    return row(
      check, worst <= noticeable,
      "accuracy \(percent(Tally(correct).rate)), \(figures.joined(separator: ", ")), n = \(correct.count)", context)
  }

  /// A whole point.
  private static let noticeable = 0.01

  private static func effortChangesLittle(
    _ check: String, _ correct: [Bool], _ harder: [Bool], _ context: String
  ) throws -> AuditRow {
    let drop = try PairedDifference(correct, harder)
    return row(
      check, drop.n == 0 ? nil : drop.interval.low <= noticeable,
      "accuracy falls by \(points(drop.value)), n = \(drop.n)", context)
  }
}
