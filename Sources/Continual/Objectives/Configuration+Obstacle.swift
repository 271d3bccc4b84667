import ResidualNets

extension Configuration {
  /// Why the objective of training does not go with the strategy or the network, as the end of a sentence about
  /// `training`; nil where it does.
  var objectiveObstacle: (problem: String, advice: String)? {
    let penalty = training.penalty
    let isAdversarial = training.adversarial.method != .none
    if learnsFromFeatures,
      isAdversarial || training.noise > 0 || penalty.inputGradient > 0 || penalty.lipschitzMargin > 0
    {
      let key =
        isAdversarial
        ? "adversarial.method \(training.adversarial.method.rawValue)" : training.noise > 0 ? "noise" : "a penalty"
      return (
        "has \(key), which needs the pixels, and a side path learns from features that are computed once",
        "set strategy.adapter.kind to parallel or series, or leave it out"
      )
    }
    if penalty.inputGradient > 0, network.block == .backwardEuler {
      return (
        "has penalty.inputGradient, and network.block backward-euler has no second derivatives",
        "choose another network.block, or training.adversarial in place of the penalty"
      )
    }
    guard penalty.lipschitzMargin > 0, let part = partWithoutEstimate else { return nil }
    return (
      "has penalty.lipschitzMargin, and \(part) has no Lipschitz bound that could be estimated",
      "use a resnet or an mlp with network.norm batch or none and another network.block"
    )
  }

  /// What of the network has no constant worth training.
  private var partWithoutEstimate: String? {
    if network.architecture == .vit { return "network.architecture vit" }
    if network.norm == .group || network.norm == .layer { return "network.norm \(network.norm.rawValue)" }
    let blocks: Set<NetworkDescription.BlockKind> = [.highway, .backwardEuler]
    return blocks.contains(network.block) ? "network.block \(network.block.rawValue)" : nil
  }
}
