import TorchCore

/// Whether signal and gradient are the same at two states of a network, bit for bit.
struct IdentityPass {
  let keepsSignal: Bool
  let keepsGradient: Bool

  init(_ flow: SignalGradients, from first: Int, to last: Int) throws {
    func agree(_ tensors: [Tensor]) throws -> Bool { try tensors[first].equal(tensors[last]).allTrue() }
    keepsSignal = try agree(flow.states)
    keepsGradient = try agree(flow.gradients)
  }
}
