import TorchCore

/// h ← (1 − β) S h + α F(h): its Jacobian's norm is at most 1 where α ≤ β/L_F and ‖S‖ ≤ 1.
final class ScaledBlock: Block {
  let site: String
  let branch: any Branch
  let shortcut: Shortcut?
  private let alpha: Double
  private let beta: Double

  init(_ parts: BlockParts, alpha: Double, beta: Double) {
    site = parts.site
    branch = parts.branch
    shortcut = parts.shortcut
    self.alpha = alpha
    self.beta = beta
  }

  func forward(_ h: Tensor, _ passage: Passage) throws -> Tensor {
    try passed(h, passage) * (1 - beta) + branch.forward(h, passage) * alpha
  }

  func deployed(_ passage: Passage) throws -> [Stage] {
    let shortcut = try (shortcut?.deployed(passage) ?? []) + [Stage("\(site).keep", .scale(1 - beta))]
    return try [Stage(site, .residual(shortcut: shortcut, branch: branch.deployed(passage), branchScale: alpha))]
  }
}
