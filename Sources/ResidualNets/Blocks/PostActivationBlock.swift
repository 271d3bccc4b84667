import TorchCore

/// h ← φ(S h + F(h)). Source: He et al. 2016a.
final class PostActivationBlock: AssembledBlock {
  let parts: BlockParts
  /// φ.
  private let activation: Activation

  init(_ parts: BlockParts, activation: Activation) {
    self.parts = parts
    self.activation = activation
  }

  func forward(_ h: Tensor, _ passage: Passage) throws -> Tensor {
    try activation.apply(passed(h, passage) + branch.forward(h, passage))
  }

  func deployed(_ passage: Passage) throws -> [Stage] {
    let sum = try Operation.residual(
      shortcut: deployedShortcut(passage), branch: branch.deployed(passage), branchScale: 1)
    return [Stage(site, sum), activation.stage("\(site).")]
  }
}
