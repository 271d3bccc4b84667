import RandomStreams
import TorchCore

/// One step of a residual network, h ↦ h′.
public protocol Block: Module {
  /// Where the block sits in its network, such as `layer1.0`.
  var site: String { get }
  var branch: any Branch { get }
  /// Nil where the shortcut is the identity, or where there is none.
  var shortcut: Shortcut? { get }
  /// Whether h′ has the shape of h, so that the network still fits together without the block.
  var keepsShape: Bool { get }

  /// h′ of a batch h.
  func forward(_ h: Tensor, _ passage: Passage) throws -> Tensor
  /// The same function as deployed stages.
  func deployed(_ passage: Passage) throws -> [Stage]
}

/// A block that is nothing but its parts and an equation.
protocol AssembledBlock: Block {
  var parts: BlockParts { get }
}

extension AssembledBlock {
  var site: String { parts.site }
  var branch: any Branch { parts.branch }
  var shortcut: Shortcut? { parts.shortcut }
  var keepsShape: Bool { parts.keepsShape }

  /// S h.
  func passed(_ h: Tensor, _ passage: Passage) throws -> Tensor { try shortcut?.forward(h, passage) ?? h }

  /// S as stages; none for the identity.
  func deployedShortcut(_ passage: Passage) throws -> [Stage] { try shortcut?.deployed(passage) ?? [] }

  func visit(_ members: inout Members) {
    members.include(branch)
    members.child("downsample", shortcut)
    members.child("gate", parts.gate)
  }
}

/// What every kind of block is made of.
struct BlockParts {
  let site: String
  let keepsShape: Bool
  let branch: any Branch
  /// Nil where the shortcut is the identity, or where there is none.
  let shortcut: Shortcut?
  /// W_T of a highway block.
  let gate: Gate?
}

extension NetworkDescription {
  /// The block of this description's kind.
  func makeBlock(_ parts: BlockParts) throws -> any Block {
    switch block {
    case .plain: PlainBlock(parts, activation: architecture == .vit ? nil : activation)
    case .postActivation: PostActivationBlock(parts, activation: activation)
    case .preActivation: PreActivationBlock(parts)
    case .forwardEuler: ForwardEulerBlock(parts, step: dynamics.step)
    case .scaled: ScaledBlock(parts, alpha: dynamics.alpha, beta: dynamics.beta)
    case .highway: try HighwayBlock(parts)
    case .backwardEuler: BackwardEulerBlock(parts, step: dynamics.step)
    }
  }

  /// The probability that the branch of block `index` of `count` survives a training step: 1 at the input, ``survival``
  /// at the last block, linear in between.
  func survival(ofBlock index: Int, of count: Int) -> Double {
    1 - Double(index + 1) / Double(count) * (1 - survival)
  }

  /// The branch, left out at random where the description says so.
  func leavingOut(_ branch: any Branch, site: String, index: Int, of count: Int) -> any Branch {
    guard survival < 1 else { return branch }
    return StochasticBranch(branch, survival: survival(ofBlock: index, of: count), site: site)
  }
}
