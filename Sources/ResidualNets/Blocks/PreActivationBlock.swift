import TorchCore

/// h ← S h + F(h), with F beginning in norm and φ, so that the sum passes on unchanged. Source: He et al. 2016b.
final class PreActivationBlock: Block {
  let site: String
  let branch: any Branch
  let shortcut: Shortcut?

  init(_ parts: BlockParts) {
    site = parts.site
    branch = parts.branch
    shortcut = parts.shortcut
  }

  func forward(_ h: Tensor, _ passage: Passage) throws -> Tensor {
    try passed(h, passage) + branch.forward(h, passage)
  }

  func deployed(_ passage: Passage) throws -> [Stage] {
    let sum = try Operation.residual(
      shortcut: shortcut?.deployed(passage) ?? [], branch: branch.deployed(passage), branchScale: 1)
    return [Stage(site, sum)]
  }
}
