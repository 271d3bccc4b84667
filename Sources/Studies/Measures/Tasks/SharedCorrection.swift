import Lipschitz
import ResidualNets
import TorchCore

/// A small linear correction beside the blocks of a frozen chain, h_{l+1} = block_l(h_l) + A_l h_l, that several tasks
/// share. It starts as zero.
final class SharedCorrection: Module {
  /// A_l, width × width.
  private let matrices: [Parameter]

  init(blocks: Int, width: Int) throws {
    matrices = try (0..<blocks).map { _ in try Parameter(Tensor.zeros([width, width])) }
  }

  /// The chain with the correction, as it stands, under another readout.
  /// - Parameter chain: its states are N×width.
  func chain(on chain: NetworkChain, readout: @escaping (Tensor) throws -> Tensor) -> NetworkChain {
    let steps = zip(chain.steps, matrices).map { step, a in
      NetworkChain.Step(name: step.name) { try step.apply($0) + $0.linear(a.value) }
    }
    return NetworkChain(embed: chain.embed, steps: steps, readout: readout)
  }

  /// √Σ ‖A_l‖_F².
  func size() throws -> Double {
    try withoutGradients { try matrices.reduce(0) { try $0 + $1.value.squared().sum().item() }.squareRoot() }
  }

  /// The nearest correction of at most a size.
  func limit(to radius: Double) throws {
    let size = try size()
    guard size > radius else { return }
    try withoutGradients {
      for a in matrices { try a.value.assign(a.value * (radius / size)) }
    }
  }

  func visit(_ members: inout Members) {
    for (index, a) in matrices.enumerated() { members.parameter("\(index)", a) }
  }
}
