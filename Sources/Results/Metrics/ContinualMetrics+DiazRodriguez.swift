/// The metrics of Díaz-Rodríguez et al. 2018, "Don't forget, there is more than forgetting".
extension ContinualMetrics {
  /// A = Σ_{i≥j} R[i][j] / (T(T+1)/2).
  public static func diazAccuracy(_ matrix: AccuracyMatrix) -> Double? {
    diazAccuracyTerms(matrix.tasks).value(on: matrix)
  }

  /// BWT = Σ_{i>j} (R[i][j] − R[j][j]) / (T(T−1)/2): over all rows, not only the last.
  public static func diazBackwardTransfer(_ matrix: AccuracyMatrix) -> Double? {
    diazBackwardTransferTerms(matrix.tasks).value(on: matrix)
  }

  /// BWT⁺ = max(BWT, 0).
  public static func diazBackwardTransferPlus(_ matrix: AccuracyMatrix) -> Double? {
    diazBackwardTransfer(matrix).map { max($0, 0) }
  }

  /// REM = 1 − |min(BWT, 0)|.
  public static func remembering(_ matrix: AccuracyMatrix) -> Double? {
    diazBackwardTransfer(matrix).map { 1 + min($0, 0) }
  }

  /// FWT = Σ_{i<j} R[i][j] / (T(T−1)/2): zero-shot accuracy, not compared with the untrained network.
  public static func diazForwardTransfer(_ matrix: AccuracyMatrix) -> Double? {
    diazForwardTransferTerms(matrix.tasks).value(on: matrix)
  }

  /// MS = min(1, 1/T Σ_i Mem(θ₁)/Mem(θ_i)), with the model's size after each task in any unit.
  /// `nil` when there is no size or one is not positive.
  public static func modelSizeEfficiency(sizes: [Double]) -> Double? {
    guard let first = sizes.first, sizes.allSatisfy({ $0 > 0 && $0.isFinite }) else { return nil }
    return min(1, sizes.reduce(0) { $0 + first / $1 } / Double(sizes.count))
  }

  static func diazAccuracyTerms(_ count: Int) -> CellCombination {
    let terms = tasks(count).flatMap { row in
      tasks(row + 1).map { CellCombination.Term(row: row, column: $0, weight: 1) }
    }
    return CellCombination(terms: terms, divisor: Double(count * (count + 1) / 2))
  }

  static func diazBackwardTransferTerms(_ count: Int) -> CellCombination {
    let pairs = tasks(count).flatMap { row in
      tasks(row).flatMap { j -> [CellCombination.Term] in
        [.init(row: row, column: j, weight: 1), .init(row: j, column: j, weight: -1)]
      }
    }
    return CellCombination(terms: pairs, divisor: Double(count * (count - 1) / 2))
  }

  static func diazForwardTransferTerms(_ count: Int) -> CellCombination {
    let terms = tasks(count).flatMap { j in
      tasks(j).map { CellCombination.Term(row: $0, column: j, weight: 1) }
    }
    return CellCombination(terms: terms, divisor: Double(count * (count - 1) / 2))
  }
}
