import TorchCore

/// h ← S h + τ F(h): one explicit step of the differential equation dh/dt = F(h, t). Source: Haber & Ruthotto 2017.
final class ForwardEulerBlock: AssembledBlock {
  let parts: BlockParts
  /// τ.
  private let step: Double

  init(_ parts: BlockParts, step: Double) {
    self.parts = parts
    self.step = step
  }

  func forward(_ h: Tensor, _ passage: Passage) throws -> Tensor {
    try passed(h, passage) + branch.forward(h, passage) * step
  }

  func deployed(_ passage: Passage) throws -> [Stage] {
    let sum = try Operation.residual(
      shortcut: deployedShortcut(passage), branch: branch.deployed(passage), branchScale: step)
    return [Stage(site, sum)]
  }
}
