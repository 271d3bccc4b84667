import ResidualNets
import TorchCore

/// What the skip of a residual block with an identity shortcut hands back of a gradient, its branch held constant.
struct SkipGradient {
  /// Of the block's input shape.
  let gradient: Tensor
  /// Whether the block with its branch held constant gives the block's own output, bit for bit: else it is of another
  /// kind, and the gradient is none of its skip's.
  let reproducesBlock: Bool

  /// - Parameters:
  ///   - kind: `preActivation` for h + F(h), `postActivation` for φ(h + F(h)).
  ///   - h: the block's input.
  ///   - g: the gradient at its output.
  init(
    _ block: any Block, _ kind: NetworkDescription.BlockKind, at h: Tensor, _ g: Tensor, _ passage: Passage
  ) throws {
    let (output, constant) = try withoutGradients {
      (try block.forward(h, passage), try block.branch.forward(h, passage))
    }
    let input = try h.asLeaf()
    let sum = try input + constant
    let value = kind == .postActivation ? try sum.relu() : sum
    reproducesBlock = try value.detached().equal(output).allTrue()
    gradient = try gradients(of: value, seed: g, withRespectTo: [input])[0] ?? h.zerosLike()
  }
}
