import TorchCore

/// h ← φ(F(h)): no path on which the block does nothing. The baseline that degrades with depth.
final class PlainBlock: AssembledBlock {
  let parts: BlockParts
  /// Without φ the block is F alone: what is left of a transformer's block when its shortcut is taken away.
  private let activates: Bool

  init(_ parts: BlockParts, activates: Bool) {
    self.parts = parts
    self.activates = activates
  }

  func forward(_ h: Tensor, _ passage: Passage) throws -> Tensor {
    let x = try branch.forward(h, passage)
    return activates ? try x.relu() : x
  }

  func deployed(_ passage: Passage) throws -> [Stage] {
    try branch.deployed(passage) + (activates ? [Stage("\(site).relu", .relu)] : [])
  }
}
