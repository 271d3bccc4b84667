import Lipschitz
import ResidualNets
import TorchCore

/// The states of a batch along a network and the gradients of its loss with respect to them.
struct SignalGradients {
  /// h₀ … h_L, outside any graph.
  let states: [Tensor]
  /// ∂Σloss/∂h_l, one for each state.
  let gradients: [Tensor]
  private let network: TaskNetwork
  private let passage: Passage

  /// - Parameters:
  ///   - pixels: N×C×H×W in the network's type.
  ///   - labels: N, int64.
  init(_ network: TaskNetwork, _ pixels: Tensor, labels: Tensor, mode: Mode = .evaluation) throws {
    self.network = network
    passage = Passage(adapter: nil, mode: mode)
    let chain = NetworkChain(network, mode)
    let states = try chain.states(pixels)
    let loss = try chain.readout(states[states.count - 1]).crossEntropy(labels, perSample: true).sum()
    self.states = try states.map { try $0.detached() }
    gradients = try zip(TorchCore.gradients(of: loss, withRespectTo: states), states).map { gradient, state in
      try gradient ?? state.detached().zerosLike()
    }
  }

  /// ‖∂Σloss/∂h_l‖ over the whole batch, l = 0 … L.
  func norms() throws -> [Double] { try gradients.map { try $0.norm().item() } }

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
