/// When an attack has succeeded: the criterion by which its points are judged.
public enum AttackGoal: Sendable, Hashable {
  /// Any label but the true one.
  case misclassification
  /// The label given here, one a sample. A sample whose true label it is cannot be attacked and withstands.
  case targets([Int])

  /// Whether each sample's label reaches the goal.
  ///
  /// - Parameters:
  ///   - isDefined: whether the logits were finite; where they were not, the sample is misclassified, and no target is
  ///     reached.
  func isReached(predictions: [Int], isDefined: [Bool], labels: [Int]) -> [Bool] {
    switch self {
    case .misclassification: labels.indices.map { predictions[$0] != labels[$0] || !isDefined[$0] }
    case .targets(let targets):
      labels.indices.map { predictions[$0] == targets[$0] && targets[$0] != labels[$0] && isDefined[$0] }
    }
  }

  /// The goals of the samples `rows`.
  func selecting(_ rows: [Int]) -> AttackGoal {
    switch self {
    case .misclassification: .misclassification
    case .targets(let targets): .targets(rows.map { targets[$0] })
    }
  }
}
