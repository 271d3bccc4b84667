import Foundation

extension NetworkDescription {
  /// Whether every branch starts as zero.
  var startsAtZero: Bool {
    switch initialization {
    case .automatic:
      // Without a norm or a budget nothing else would keep depth from making the signal explode (Zhang et al. 2019).
      norm == .none && branchBudget == nil && block != .plain && block != .highway && architecture != .mlp
    case .he: false
    case .zero, .fixup: true
    }
  }

  /// The factor of a branch's layers but the last: L^(−1/(2m−2)) for m layers in each of L blocks under Fixup (Zhang et
  /// al. 2019), else 1.
  func branchScale(layers: Int, blocks: Int) -> Double {
    initialization == .fixup && layers > 1 ? pow(Double(blocks), -1 / Double(2 * layers - 2)) : 1
  }

  /// How a layer of a fully connected branch of two starts, one of `blocks` branches.
  func denseInitialization(isLast: Bool, blocks: Int) -> Linear.Initialization {
    switch initialization {
    case .automatic: .uniform
    case .he: .he(scale: 1)
    case .zero, .fixup: isLast ? .zero : .he(scale: branchScale(layers: 2, blocks: blocks))
    }
  }
}
