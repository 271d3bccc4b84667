import TorchCore

/// h ← (1 − β) S h + α F(h): its Jacobian's norm is at most 1 where α ≤ β/L_F and ‖S‖ ≤ 1.
final class ScaledBlock: AssembledBlock {
  let parts: BlockParts
  private let alpha: Double
  private let beta: Double

  init(_ parts: BlockParts, alpha: Double, beta: Double) {
    self.parts = parts
    self.alpha = alpha
    self.beta = beta
  }

  func forward(_ h: Tensor, _ passage: Passage) throws -> Tensor {
    try passed(h, passage) * (1 - beta) + branch.forward(h, passage) * alpha
  }

  func deployed(_ passage: Passage) throws -> [Stage] {
    let shortcut = try deployedShortcut(passage) + [Stage("\(site).keep", .scale(1 - beta))]
    return try [Stage(site, .residual(shortcut: shortcut, branch: branch.deployed(passage), branchScale: alpha))]
  }
}
