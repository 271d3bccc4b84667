import Results

// The rows that ask whether an attack sees what is surely there.
extension Audit {
  /// Does a whole step along the gradient find what parts of the same step find? A network that learned from single
  /// steps can come to withstand just these, with adversarials all along the way (catastrophic overfitting: Wong, Rice
  /// and Kolter 2020; Kim, Lee and Lee 2021, who search the way as this row does). FGSM's figures then mean nothing.
  ///
  /// Every curved network has a few such samples. The row fails where they are surely more than a fifth, the fall in
  /// accuracy by which Wong et al. tell that a training has overfitted.
  ///
  /// - Parameters:
  ///   - whole: correct after the whole step, per sample.
  ///   - parts: correct after each of some parts of it.
  public static func singleStepSeesItsParts(
    whole: [Bool], parts: [Bool], context: String = ""
  ) throws -> AuditRow {
    try RobustnessError.requireEqual("outcomes", parts.count, whole.count)
    let missed = Tally(zip(whole, parts).map { $0 && !$1 })
    return row(
      "a single step finds what parts of it find (no catastrophic overfitting)",
      missed.n == 0 ? nil : missed.interval.low <= overfitted,
      "\(missed.correct) of \(missed.n) samples withstand the whole step and fall on the way", context)
  }

  /// Does the attack find adversarials that were planted? It should find 95 of 100 (Zimmermann et al. 2022), and fails
  /// where it surely misses more.
  ///
  /// - Parameters:
  ///   - found: per planted sample.
  ///   - byChance: whether random points found it too; how easy the task was.
  ///   - unplanted: samples in which nothing could be planted.
  public static func plantedIsFound(
    found: [Bool], byChance: [Bool], unplanted: Int = 0, context: String = ""
  ) throws -> AuditRow {
    try RobustnessError.requireEqual("outcomes of chance", byChance.count, found.count)
    let missed = Tally(found.map { !$0 })
    guard missed.n > 0 else {
      return row(plantedCheck, nil, "nothing could be planted in \(unplanted) samples", context)
    }
    let bare = unplanted > 0 ? "; nothing could be planted in \(unplanted)" : ""
    return row(
      plantedCheck, missed.interval.low - 0.05 <= tolerance,
      "found in \(missed.n - missed.correct) of \(missed.n) samples, by as many random points in "
        + "\(Tally(byChance).correct)\(bare)", context)
  }

  static let plantedCheck = "a planted adversary is found (Zimmermann et al. 2022)"

  private static let overfitted = 0.2
}
