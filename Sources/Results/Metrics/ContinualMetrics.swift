/// Every metric of continual learning as a pure function of an accuracy matrix.
///
/// A metric that needs an absent cell is `nil`. One case needs words: the maxima of forgetting run over rows in which
/// a task's head may not exist yet. Such cells make no sense rather than being unknown, so the maximum of
/// ``forgetting(_:after:)`` runs over the zero-shot cells that are there; the cells since the task was learned, and the
/// last row, must all be.
///
/// `after` counts learned tasks (k of the definitions, from 1); `nil` means all T.
public enum ContinualMetrics {
  /// ACC = 1/k Σ_{j≤k} R[k][j] (Lopez-Paz & Ranzato 2017).
  public static func averageAccuracy(_ matrix: AccuracyMatrix, after k: Int? = nil) -> Double? {
    averageAccuracyTerms(k ?? matrix.tasks).value(on: matrix)
  }

  /// BWT = 1/(k−1) Σ_{j<k} (R[k][j] − R[j][j]) (Lopez-Paz & Ranzato 2017).
  public static func backwardTransfer(_ matrix: AccuracyMatrix, after k: Int? = nil) -> Double? {
    backwardTransferTerms(k ?? matrix.tasks).value(on: matrix)
  }

  /// FWT = 1/(T−1) Σ_{j≥2} (R[j−1][j] − b_j), b the untrained network's row (Lopez-Paz & Ranzato 2017).
  public static func forwardTransfer(_ matrix: AccuracyMatrix) -> Double? {
    forwardTransferTerms(matrix.tasks).value(on: matrix)
  }

  /// F_k = 1/(k−1) Σ_{j<k} (max_{l<k} R[l][j] − R[k][j]) (Chaudhry 2018). May be negative.
  public static func forgetting(_ matrix: AccuracyMatrix, after k: Int? = nil) -> Double? {
    forgettingTerms(matrix, k ?? matrix.tasks, rows: .beforeLast(zeroShot: true))?.value(on: matrix)
  }

  /// Forgetting with j ≤ l < k: a zero-shot accuracy never counts as something that was known.
  public static func forgettingSinceLearned(_ matrix: AccuracyMatrix, after k: Int? = nil) -> Double? {
    forgettingTerms(matrix, k ?? matrix.tasks, rows: .beforeLast(zeroShot: false))?.value(on: matrix)
  }

  /// Forgetting as Mammoth and PILOT print it: the maximum over j ≤ l ≤ k includes the last row. Never negative.
  public static func forgettingIncludingLast(_ matrix: AccuracyMatrix, after k: Int? = nil) -> Double? {
    forgettingTerms(matrix, k ?? matrix.tasks, rows: .includingLast)?.value(on: matrix)
  }

  /// Forgetting as Avalanche prints it, 1/(k−1) Σ_{j<k} (R[j][j] − R[k][j]) = −BWT.
  public static func forgettingAvalanche(_ matrix: AccuracyMatrix, after k: Int? = nil) -> Double? {
    backwardTransferTerms(k ?? matrix.tasks, sign: -1).value(on: matrix)
  }

  /// I_k = a*_k − R[k][k] (Chaudhry 2018). `reference[k−1]` is a*_k: accuracy on task k after joint training on 1..k.
  public static func intransigence(_ matrix: AccuracyMatrix, reference: [Double?], after k: Int? = nil) -> Double? {
    let k = k ?? matrix.tasks
    guard k >= 1, reference.indices.contains(k - 1), let best = reference[k - 1],
      let own = matrix.cell(k - 1, k - 1)
    else { return nil }
    return best - own
  }

  /// mean_j R[j][j] (Riemer 2019).
  public static func learningAccuracy(_ matrix: AccuracyMatrix) -> Double? {
    learningAccuracyTerms(matrix.tasks).value(on: matrix)
  }

  /// Mean over k of the average accuracy on the tasks seen so far, 1/k Σ_{j≤k} R[k][j] (iCaRL 2017).
  public static func averageIncrementalAccuracy(_ matrix: AccuracyMatrix) -> Double? {
    averageIncrementalAccuracyTerms(matrix.tasks).value(on: matrix)
  }

  // MARK: The sums behind them

  static func averageAccuracyTerms(_ k: Int) -> CellCombination {
    CellCombination(
      terms: tasks(k).map { .init(row: k - 1, column: $0, weight: 1) }, divisor: Double(k))
  }

  static func backwardTransferTerms(_ k: Int, sign: Int = 1) -> CellCombination {
    let pairs = tasks(k - 1).flatMap { j -> [CellCombination.Term] in
      let (plus, minus) = sign > 0 ? (k - 1, j) : (j, k - 1)
      return [.init(row: plus, column: j, weight: 1), .init(row: minus, column: j, weight: -1)]
    }
    return CellCombination(terms: pairs, divisor: Double(k - 1))
  }

  static func forwardTransferTerms(_ count: Int) -> CellCombination {
    let pairs = tasks(count).dropFirst().flatMap { j -> [CellCombination.Term] in
      [.init(row: j - 1, column: j, weight: 1), .init(row: nil, column: j, weight: -1)]
    }
    return CellCombination(terms: pairs, divisor: Double(count - 1))
  }

  /// Over which rows the best earlier accuracy is sought.
  enum BestRows {
    case beforeLast(zeroShot: Bool)
    case includingLast
  }

  static func forgettingTerms(_ matrix: AccuracyMatrix, _ k: Int, rows: BestRows) -> CellCombination? {
    var terms: [CellCombination.Term] = []
    for j in tasks(k - 1) {
      var best: (row: Int, accuracy: Double)?
      let last = if case .includingLast = rows { k - 1 } else { k - 2 }
      let first = if case .beforeLast(zeroShot: true) = rows { 0 } else { j }
      for row in first...last {
        guard let accuracy = matrix.cell(row, j) else {
          if row < j { continue }
          return nil
        }
        if accuracy > best?.accuracy ?? -1 { best = (row, accuracy) }
      }
      guard let best else { return nil }
      terms.append(.init(row: best.row, column: j, weight: 1))
      terms.append(.init(row: k - 1, column: j, weight: -1))
    }
    return CellCombination(terms: terms, divisor: Double(k - 1))
  }

  static func learningAccuracyTerms(_ count: Int) -> CellCombination {
    CellCombination(terms: tasks(count).map { .init(row: $0, column: $0, weight: 1) }, divisor: Double(count))
  }

  static func averageIncrementalAccuracyTerms(_ count: Int) -> CellCombination {
    let terms = tasks(count).flatMap { row in
      tasks(row + 1).map { CellCombination.Term(row: row, column: $0, weight: 1 / Double(row + 1)) }
    }
    return CellCombination(terms: terms, divisor: Double(count))
  }

  static func tasks(_ count: Int) -> Range<Int> { 0..<max(count, 0) }
}
