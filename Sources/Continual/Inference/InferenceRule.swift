/// How the task of an image is inferred where nobody gives it.
enum InferenceRule: String, Hashable {
  /// The head that is surest by the entropy of its softmax.
  case entropy
  /// The head of the lowest energy (Liu et al. 2020).
  case energy
  /// The head that has the largest logit: where heads are rows of one, or of one regression.
  case logit
  /// The task whose class has the nearest mean in the features of the frozen trunk.
  case featureMean = "feature-mean"
  /// The task that a linear classifier of the frozen trunk's features names.
  case gate

  /// Whether it needs statistics of each task's features, which have to mean the same for all tasks.
  var readsFeatures: Bool { self == .featureMean || self == .gate }
}

extension Configuration.Strategy {
  /// The rule for a scenario; nil where outputs mean the same in every task, so that nobody has to know it.
  /// - Throws: `RunError.unusable` for a rule that this strategy or scenario has no use for.
  func inferenceRule(_ scenario: Scenario) throws -> InferenceRule? {
    guard scenario != .domain else {
      guard inference == .automatic else {
        throw RunError.unusable(
          reason:
            "strategy.inference \(inference.rawValue) infers a task, and in the domain-incremental scenario nobody "
            + "has to know it: leave it automatic")
      }
      return nil
    }
    let rule: InferenceRule =
      switch inference {
      case .automatic: scenario == .classes ? .logit : kind.traits.inference
      case .entropy: .entropy
      case .energy: .energy
      case .logit: .logit
      case .featureMean: .featureMean
      case .gate: .gate
      }
    guard !rule.readsFeatures || kind.traits.freezesTrunk else {
      let able = Kind.allCases.filter(\.traits.freezesTrunk).map(\.rawValue).joined(separator: ", ")
      throw RunError.unusable(
        reason: "strategy.inference \(rule.rawValue) compares features of one frozen trunk, and strategy.kind "
          + "\(kind.rawValue) has none; these have: \(able)")
    }
    return rule
  }
}
