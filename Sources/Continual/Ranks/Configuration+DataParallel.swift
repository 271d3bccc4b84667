extension Configuration {
  /// Why ranks cannot learn from one batch together, as the end of a sentence; nil where they can.
  var sharingObstacle: String? {
    if network.block == .backwardEuler {
      return "network.block backward-euler finds its states to a tolerance, within which those of a share differ"
    }
    if training.penalty.inputGradient > 0, network.norm == .batch {
      return
        "training.penalty.inputGradient differentiates twice, and statistics that batch norms share have no second "
        + "derivative"
    }
    return nil
  }
}
