/// Every continual-learning metric that is printed, each convention under its own name.
///
/// `rawValue` is the field of `metrics` in results.json; the formulas are in ``formula``.
public enum ContinualMetric: String, CaseIterable, Sendable, Codable, Hashable {
  case averageAccuracy, backwardTransfer, forgetting, forgettingSinceLearned, forwardTransfer, learningAccuracy
  case averageIncrementalAccuracy, intransigence
  case forgettingIncludingLast, forgettingAvalanche
  case diazAccuracy, diazBackwardTransfer, diazBackwardTransferPlus, diazForwardTransfer, remembering

  public var title: String {
    switch self {
    case .averageAccuracy: "Average accuracy"
    case .backwardTransfer: "Backward transfer"
    case .forgetting: "Forgetting"
    case .forgettingSinceLearned: "Forgetting since learned"
    case .forwardTransfer: "Forward transfer"
    case .learningAccuracy: "Learning accuracy"
    case .averageIncrementalAccuracy: "Average incremental accuracy"
    case .intransigence: "Intransigence"
    case .forgettingIncludingLast: "Forgetting, Mammoth and PILOT"
    case .forgettingAvalanche: "Forgetting, Avalanche"
    case .diazAccuracy: "A"
    case .diazBackwardTransfer: "BWT, all rows"
    case .diazBackwardTransferPlus: "BWT⁺"
    case .diazForwardTransfer: "FWT, all rows"
    case .remembering: "REM"
    }
  }

  /// R[i][j]: accuracy on task j after learning task i; b_j: of the untrained network; T tasks; counted from 1.
  public var formula: String {
    switch self {
    case .averageAccuracy: "1/T Σ_j R[T][j]"
    case .backwardTransfer: "1/(T−1) Σ_{j<T} (R[T][j] − R[j][j])"
    case .forgetting: "1/(T−1) Σ_{j<T} (max_{l<T} R[l][j] − R[T][j]); may be negative"
    case .forgettingSinceLearned: "the same with j ≤ l < T: rows before task j was learned do not count"
    case .forwardTransfer: "1/(T−1) Σ_{j≥2} (R[j−1][j] − b_j)"
    case .learningAccuracy: "1/T Σ_j R[j][j]"
    case .averageIncrementalAccuracy: "mean over k of 1/k Σ_{j≤k} R[k][j]"
    case .intransigence: "a*_T − R[T][T], a* from joint training on tasks 1..T"
    case .forgettingIncludingLast: "1/(T−1) Σ_{j<T} (max_{j≤l≤T} R[l][j] − R[T][j]); never negative"
    case .forgettingAvalanche: "1/(T−1) Σ_{j<T} (R[j][j] − R[T][j]) = −backward transfer"
    case .diazAccuracy: "2/(T(T+1)) Σ_{i≥j} R[i][j]"
    case .diazBackwardTransfer: "2/(T(T−1)) Σ_{i>j} (R[i][j] − R[j][j])"
    case .diazBackwardTransferPlus: "max(BWT, 0), of the BWT over all rows"
    case .diazForwardTransfer: "2/(T(T−1)) Σ_{i<j} R[i][j]"
    case .remembering: "1 − |min(BWT, 0)|, of the BWT over all rows"
    }
  }

  public var source: String {
    switch self {
    case .averageAccuracy, .backwardTransfer, .forwardTransfer: "Lopez-Paz & Ranzato 2017"
    case .forgetting, .intransigence: "Chaudhry et al. 2018"
    case .forgettingSinceLearned: "Chaudhry et al. 2018 without zero-shot rows"
    case .learningAccuracy: "Riemer et al. 2019"
    case .averageIncrementalAccuracy: "Rebuffi et al. 2017 (iCaRL)"
    case .forgettingIncludingLast: "the Mammoth and PILOT libraries"
    case .forgettingAvalanche: "the Avalanche library"
    case .diazAccuracy, .diazBackwardTransfer, .diazBackwardTransferPlus, .diazForwardTransfer, .remembering:
      "Díaz-Rodríguez et al. 2018"
    }
  }

  /// Whether a smaller figure is the better one.
  public var lowerIsBetter: Bool {
    switch self {
    case .forgetting, .forgettingSinceLearned, .forgettingIncludingLast, .forgettingAvalanche, .intransigence: true
    default: false
    }
  }

  /// Whether the figure is a difference of accuracies (shown in points with a sign) rather than an accuracy.
  public var isDifference: Bool {
    switch self {
    case .averageAccuracy, .learningAccuracy, .averageIncrementalAccuracy, .diazAccuracy, .diazForwardTransfer,
      .remembering:
      false
    default: true
    }
  }
}
