import TorchCore

/// h ← (1 − T) ⊙ S h + T ⊙ F(h) with T = σ(W_T S h + b_T): a gate that the network may close. Source: Srivastava et al.
/// 2015.
final class HighwayBlock: AssembledBlock {
  let parts: BlockParts
  private let gate: Gate

  /// - Throws: `DescriptionError` where the parts come without a gate.
  init(_ parts: BlockParts) throws {
    guard let gate = parts.gate else { throw DescriptionError("highway block '\(parts.site)' has no gate") }
    self.parts = parts
    self.gate = gate
  }

  func forward(_ h: Tensor, _ passage: Passage) throws -> Tensor {
    let carried = try passed(h, passage)
    let t = try gate.forward(carried, passage).sigmoid()
    return try carried + t * (branch.forward(h, passage) - carried)
  }

  func deployed(_ passage: Passage) throws -> [Stage] {
    try [
      Stage(
        site,
        .highway(
          shortcut: deployedShortcut(passage), gate: [gate.deployed(passage)], branch: branch.deployed(passage))
      )
    ]
  }
}
