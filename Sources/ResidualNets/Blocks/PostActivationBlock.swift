import TorchCore

/// h ← φ(S h + F(h)). Source: He et al. 2016a.
final class PostActivationBlock: Block {
  let site: String
  let branch: any Branch
  let shortcut: Shortcut?

  init(_ parts: BlockParts) {
    site = parts.site
    branch = parts.branch
    shortcut = parts.shortcut
  }

  func forward(_ h: Tensor, _ passage: Passage) throws -> Tensor {
    try (passed(h, passage) + branch.forward(h, passage)).relu()
  }

  func deployed(_ passage: Passage) throws -> [Stage] {
    let sum = try Operation.residual(
      shortcut: shortcut?.deployed(passage) ?? [], branch: branch.deployed(passage), branchScale: 1)
    return [Stage(site, sum), Stage("\(site).relu", .relu)]
  }
}
