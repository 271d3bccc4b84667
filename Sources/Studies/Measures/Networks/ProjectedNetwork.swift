import Lipschitz
import OrderedCollections
import RandomStreams
import ResidualNets
import TorchCore

/// A residual MLP some of whose identity shortcuts are replaced by learned square projections: h ↦ W_s h + F(h).
struct ProjectedNetwork {
  enum Start: String, CaseIterable {
    /// Uniform on ±1/√n, as PyTorch initialises a linear or 1×1 convolutional layer.
    case uniform
    /// Normal with variance 1/n: keeps squared norms in the mean.
    case normal
    case orthogonal

    func weight(_ width: Int, _ stream: RandomStream) throws -> Tensor {
      switch self {
      case .uniform: try (Tensor.uniform([width, width], stream) * 2 - 1) / Double(width).squareRoot()
      case .normal: try Tensor.normal([width, width], stream) / Double(width).squareRoot()
      case .orthogonal: try ShortcutProjection.orthonormal(outputs: width, inputs: width, stream).to(.float32)
      }
    }
  }

  let network: TaskNetwork
  let chain: NetworkChain
  private let projections: OrderedDictionary<String, Parameter>

  /// - Parameter count: projections, spread evenly over the blocks; at most one each.
  init(_ network: TaskNetwork, projections count: Int, _ start: Start, _ stream: RandomStream) throws {
    let blocks = network.trunk.blocks
    let places = Set((0..<count).map { (2 * $0 + 1) * blocks.count / (2 * count) })
    var parameters: OrderedDictionary<String, Parameter> = [:]
    let passage = Passage(adapter: nil, mode: .training)
    let base = NetworkChain(network, .training)
    let steps = try base.steps.enumerated().map { index, step -> NetworkChain.Step in
      guard places.contains(index) else { return step }
      let weight = try Parameter(start.weight(network.trunk.description.width, stream.stream(index)))
      parameters["projection\(index)"] = weight
      return .init(name: step.name) { h in
        try h.linear(weight.value) + blocks[index].branch.forward(h, passage)
      }
    }
    self.network = network
    chain = NetworkChain(embed: base.embed, steps: steps, readout: base.readout)
    projections = parameters
  }

  /// Everything that is learned.
  var parameters: OrderedDictionary<String, Parameter> {
    network.trainableParameters.merging(projections) { own, _ in own }
  }
}
