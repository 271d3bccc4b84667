import TorchCore

/// h ← φ(F(h)): no path on which the block does nothing. The baseline that degrades with depth.
final class PlainBlock: Block {
  let site: String
  let branch: any Branch
  let keepsShape: Bool
  var shortcut: Shortcut? { nil }

  init(_ parts: BlockParts) {
    site = parts.site
    branch = parts.branch
    keepsShape = parts.keepsShape
  }

  func forward(_ h: Tensor, _ passage: Passage) throws -> Tensor { try branch.forward(h, passage).relu() }

  func deployed(_ passage: Passage) throws -> [Stage] {
    try branch.deployed(passage) + [Stage("\(site).relu", .relu)]
  }
}
