import ResidualNets

/// The bound of a block, from those of the stages inside it.
extension StageBounding {
  /// ‖shortcut‖ + |scale| · ‖branch‖.
  func residual(
    _ name: String, _ shortcut: [Stage], _ branch: [Stage], scale: Double, input: SampleShape
  ) throws -> StageBound {
    guard scale.isFinite else {
      throw LipschitzError.unboundable(layer: name, reason: "its branch is scaled by \(scale)")
    }
    var (shortcutShape, branchShape) = (input, input)
    let shortcutBounds = try bound(shortcut, shape: &shortcutShape)
    let branchBounds = try bound(branch, shape: &branchShape)
    let upper = shortcutBounds.composed.plusUp(branchBounds.composed.timesUp(abs(scale)))
    guard upper.isFinite else {
      throw LipschitzError.unboundable(layer: name, reason: "the bound of the block exceeds the largest double")
    }
    return StageBound(
      name: name, upper: upper,
      kind: .residual(shortcut: shortcutBounds, branch: branchBounds, branchScale: scale))
  }

  /// 1 / (1 − τL), L the bound of the branch.
  func implicit(_ name: String, _ branch: [Stage], step: Double, input: SampleShape) throws -> StageBound {
    var branchShape = input
    let branchBounds = try bound(branch, shape: &branchShape)
    let reach = branchBounds.composed.timesUp(abs(step))
    guard reach < 1 else {
      throw LipschitzError.unboundable(
        layer: name,
        reason: "the root of a backward Euler step has the constant 1/(1 − τL) only where τL < 1, and here it is "
          + "\(reach): a smaller dynamics.step or a branchBudget gives it one")
    }
    return StageBound(
      name: name, upper: (1 / (1 - reach).nextDown).nextUp, kind: .implicit(branch: branchBounds, step: step))
  }
}
