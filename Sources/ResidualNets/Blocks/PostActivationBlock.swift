import TorchCore

/// h ← φ(S h + F(h)). Source: He et al. 2016a.
final class PostActivationBlock: AssembledBlock {
  let parts: BlockParts

  init(_ parts: BlockParts) { self.parts = parts }

  func forward(_ h: Tensor, _ passage: Passage) throws -> Tensor {
    try (passed(h, passage) + branch.forward(h, passage)).relu()
  }

  func deployed(_ passage: Passage) throws -> [Stage] {
    let sum = try Operation.residual(
      shortcut: deployedShortcut(passage), branch: branch.deployed(passage), branchScale: 1)
    return [Stage(site, sum), Stage("\(site).relu", .relu)]
  }
}
