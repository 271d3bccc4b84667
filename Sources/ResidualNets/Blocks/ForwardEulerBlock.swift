import TorchCore

/// h ← S h + τ F(h): one explicit step of the differential equation dh/dt = F(h, t). Source: Haber & Ruthotto 2017.
final class ForwardEulerBlock: Block {
  let site: String
  let branch: any Branch
  let shortcut: Shortcut?
  /// τ.
  private let step: Double

  init(_ parts: BlockParts, step: Double) {
    site = parts.site
    branch = parts.branch
    shortcut = parts.shortcut
    self.step = step
  }

  func forward(_ h: Tensor, _ passage: Passage) throws -> Tensor {
    try passed(h, passage) + branch.forward(h, passage) * step
  }

  func deployed(_ passage: Passage) throws -> [Stage] {
    let sum = try Operation.residual(
      shortcut: shortcut?.deployed(passage) ?? [], branch: branch.deployed(passage), branchScale: step)
    return [Stage(site, sum)]
  }
}
