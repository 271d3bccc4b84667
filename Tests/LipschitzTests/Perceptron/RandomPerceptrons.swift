import RandomStreams
import ResidualNets
import TorchCore

@testable import Lipschitz

/// A small network of random widths, weights of very different rows, with biases, in double precision.
func randomPerceptron(seed: Int, hidden: Int, depth: Int, widest: Int = 4) throws -> DeployedNetwork {
  let stream = RandomStream(seed: UInt64(seed)).stream("perceptron")
  var widths = [1 + stream.integer(below: widest, at: 0)]
  for index in 0..<depth { widths.append(1 + stream.integer(below: hidden, at: UInt64(index + 1))) }
  widths.append(2 + stream.integer(below: 2, at: 100))
  func weight(_ layer: Int) throws -> Tensor {
    let stream = stream.stream("weight").stream(layer)
    let rows = try (Tensor.normal([widths[layer + 1], 1], stream.stream("rows"), dtype: .float64) * 1.5).exp()
    return try Tensor.normal([widths[layer + 1], widths[layer]], stream, dtype: .float64) * rows
  }
  func bias(_ layer: Int) throws -> Tensor {
    try Tensor.normal([widths[layer + 1]], stream.stream("bias").stream(layer), dtype: .float64)
  }
  var body: [Stage] = []
  for layer in 0..<depth {
    body.append(Stage("linear\(layer)", .linear(weight: try weight(layer), bias: try bias(layer))))
    body.append(Stage("relu\(layer)", .relu))
  }
  return DeployedNetwork(
    inputShape: [widths[0]], body: body, headWeight: try weight(depth), headBias: try bias(depth))
}

/// The matrices of all linear stages, in order.
func matrices(_ network: DeployedNetwork) -> [Tensor] {
  network.stages.compactMap { if case .linear(let weight, _) = $0.operation { weight } else { nil } }
}

/// max ‖W_k D ⋯ D W_1‖ by trying all patterns one by one, norms from singular values.
func largestOverPatterns(_ weights: [Tensor]) throws -> Double {
  func largest(_ product: Tensor, _ layer: Int) throws -> Double {
    guard layer < weights.count else { return try product.singularValues().max().item() }
    let width = product.size(0)
    return try (0..<(1 << width)).map { pattern in
      let mask = try Tensor((0..<width).map { Double(pattern >> $0 & 1) }, [width, 1])
      return try largest(weights[layer].matmul(product * mask), layer + 1)
    }.max() ?? 0
  }
  return try largest(weights[0], 1)
}

extension PerceptronSettings {
  static func only(_ methods: PerceptronBound.Method..., starts: Int = 0) -> PerceptronSettings {
    var settings = PerceptronSettings()
    settings.methods = Set(methods)
    settings.starts = starts
    return settings
  }
}
