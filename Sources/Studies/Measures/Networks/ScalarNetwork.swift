import OrderedCollections
import RandomStreams
import ResidualNets
import TorchCore

/// A residual network on one number: h ← h + W₂ φ(W₁ h + b₁) + b₂, block by block.
struct ScalarNetwork {
  private let layers: [(inner: Linear, outer: Linear)]

  init(depth: Int, width: Int, stream: RandomStream) throws {
    layers = try (0..<depth).map { index in
      (
        try Linear(site: "\(index).inner", inputs: 1, outputs: width, stream: stream.stream(2 * index)),
        try Linear(site: "\(index).outer", inputs: width, outputs: 1, stream: stream.stream(2 * index + 1))
      )
    }
  }

  var depth: Int { layers.count }

  var parameters: OrderedDictionary<String, Parameter> {
    var all: OrderedDictionary<String, Parameter> = [:]
    for layer in layers.flatMap({ [$0.inner, $0.outer] }) {
      for (name, parameter) in layer.trainableParameters { all["\(layer.site).\(name)"] = parameter }
    }
    return all
  }

  /// F of one block, at N×1 numbers.
  func branch(_ index: Int, _ h: Tensor) throws -> Tensor {
    try layers[index].outer.forward(layers[index].inner.forward(h, .evaluation).relu(), .evaluation)
  }

  /// The network at N×1 numbers.
  func callAsFunction(_ x: Tensor) throws -> Tensor {
    try layers.indices.reduce(x) { h, index in try h + branch(index, h) }
  }

  func becomeFloat64() throws {
    for layer in layers { for part in [layer.inner, layer.outer] { try part.becomeFloat64() } }
  }
}
