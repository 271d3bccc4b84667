import Lipschitz
import ResidualNets
import TorchCore

/// The deployed blocks h + F(h) with an identity shortcut, each at the states that arrive at it.
struct InvertibleBlocks {
  struct Entry {
    let name: String
    /// F, its scale included.
    let branch: (Tensor) throws -> Tensor
    /// N×….
    let input: Tensor
    let output: Tensor
    /// No less than L_F.
    let lipschitz: Double
  }

  let entries: [Entry]

  /// - Parameter pixels: N×C×H×W in the network's type.
  init(_ network: DeployedNetwork, _ pixels: Tensor) throws {
    let bounds = try network.lipschitzBound().blocks
    var entries: [Entry] = []
    var h = pixels
    for stage in network.body {
      let next = try withoutGradients { try stage.apply(h) }
      if case .residual(let shortcut, let branch, let scale) = stage.operation, shortcut.isEmpty,
        let bound = bounds.first(where: { $0.name == stage.name })
      {
        entries.append(
          Entry(
            name: stage.name, branch: { try branch.apply($0) * scale }, input: h, output: next,
            lipschitz: bound.branch * abs(scale)))
      }
      h = next
    }
    self.entries = entries
  }

  /// The input of the first block from the output of the last; the blocks follow on each other.
  func inverse(of output: Tensor, _ inverse: ResidualInverse) throws -> Tensor {
    try entries.reversed().reduce(output) { try inverse($0, $1.branch) }
  }
}
