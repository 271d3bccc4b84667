import Lipschitz
import ResidualNets
import TorchCore

/// The states of a batch along a network, the gradients of its loss there, and what blocks do to them.
struct SignalGradients {
  private let flow: StateGradients
  private let network: TaskNetwork
  private let passage: Passage

  /// - Parameters:
  ///   - pixels: N×C×H×W in the network's type.
  ///   - labels: N, int64.
  init(_ network: TaskNetwork, _ pixels: Tensor, labels: Tensor, mode: Mode = .evaluation) throws {
    self.network = network
    passage = Passage(adapter: nil, mode: mode)
    flow = try NetworkChain(network, mode).stateGradients(pixels, labels: labels)
  }

  /// h₀ … h_L, outside any graph.
  var states: [Tensor] { flow.states }
  /// ∂Σloss/∂h_l, one for each state.
  var gradients: [Tensor] { flow.gradients }

  /// ‖∂loss/∂h_l‖, the root mean square over samples, l = 0 … L.
  func norms() throws -> [Double] { try flow.norms() }

  /// What each block's branch alone hands back of the gradient that arrives at the block's output: ‖J_Fᵀ g‖ / ‖g‖.
  func branchGains() throws -> [Double] {
    try network.trunk.blocks.enumerated().map { index, block in
      let h = try states[index].asLeaf()
      let g = gradients[index + 1]
      let back = try TorchCore.gradients(of: block.branch.forward(h, passage), seed: g, withRespectTo: [h])[0]
      return try (back?.norm().item() ?? 0) / g.norm().item()
    }
  }

  /// What the skip of one block hands back of `g`.
  func skip(ofBlock index: Int, _ g: Tensor) throws -> SkipGradient {
    try SkipGradient(network.trunk.blocks[index], network.trunk.description.block, at: states[index], g, passage)
  }
}
