import TorchCore

/// h ← S h + F(h), with F beginning in norm and φ, so that the sum passes on unchanged. Source: He et al. 2016b.
final class PreActivationBlock: AssembledBlock {
  let parts: BlockParts

  init(_ parts: BlockParts) { self.parts = parts }

  func forward(_ h: Tensor, _ passage: Passage) throws -> Tensor {
    try passed(h, passage) + branch.forward(h, passage)
  }

  func deployed(_ passage: Passage) throws -> [Stage] {
    let sum = try Operation.residual(
      shortcut: deployedShortcut(passage), branch: branch.deployed(passage), branchScale: 1)
    return [Stage(site, sum)]
  }
}
