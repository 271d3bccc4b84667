import TorchCore

/// h ← φ(F(h)): no path on which the block does nothing. The baseline that degrades with depth.
final class PlainBlock: AssembledBlock {
  let parts: BlockParts
  /// φ. Without it the block is F alone: what is left of a transformer's block when its shortcut is taken away.
  private let activation: Activation?

  init(_ parts: BlockParts, activation: Activation?) {
    self.parts = parts
    self.activation = activation
  }

  func forward(_ h: Tensor, _ passage: Passage) throws -> Tensor {
    let x = try branch.forward(h, passage)
    return try activation?.apply(x) ?? x
  }

  func deployed(_ passage: Passage) throws -> [Stage] {
    try branch.deployed(passage) + (activation.map { [$0.stage("\(site).")] } ?? [])
  }
}
