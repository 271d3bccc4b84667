import RandomStreams
import ResidualNets
import TensorFiles
import TorchCore

/// A search for points at which a perceptron is steep: no proof of anything, but every point is a real one.
///
/// From random points neurons are switched one at a time, each time the one whose switching makes the Jacobian's norm
/// grow most, until none does. With P = W_1ᵀ(W_1W_1ᵀ)⁻¹ a point moves so that one first pre-activation alone changes
/// its sign. Where W_1 has more rows than columns, and for neurons behind it, the point moves along the neuron's
/// gradient, which may switch others too.
struct SteepPlaces {
  private let layers: [PerceptronLayer]
  /// W_1W_1ᵀ.
  private let gram: Tensor
  /// m×d: by how much x moves for a first pre-activation to grow by one.
  private let firstMoves: Tensor

  init(_ layers: [PerceptronLayer]) throws {
    self.layers = layers
    let first = layers[0].weight
    (gram, firstMoves) = try withoutGradients {
      let gram = try first.matmul(first.transposed())
      guard first.size(0) <= first.size(1) else { return (gram, try Self.steps(along: first)) }
      // A little more on the diagonal lets it be inverted where rows depend on each other.
      let ridge = 1e-10 * max(try gram.abs().max().item(), .leastNormalMagnitude)
      return (gram, try (gram + Tensor.eye(first.size(0), dtype: .float64) * ridge).solved(for: first))
    }
  }

  /// g/|g|² for each row g, and 0 for 0.
  private static func steps(along gradients: Tensor) throws -> Tensor {
    let squares = try gradients.squared().sum([1], keepingDimensions: true)
    return try gradients / (squares + squares.equal(0))
  }

  /// The steepest secant at the steepest points.
  func lowerBound(of network: DeployedNetwork, _ settings: PerceptronSettings) throws -> Double {
    let points = try withoutGradients {
      try (0..<settings.starts).map { start in try climbed(from: startingPoint(start, settings.stream)) }
    }
    let device = network.headWeight.device
    let pixels = try Tensor.concatenated(points, 0).reshaped([points.count] + network.inputShape).to(device)
    return try lipschitzLowerBound(of: network, pixels: pixels, stream: settings.stream.stream("secants")).value
  }

  /// The first far along all axes, the others at random, half of them so far out that biases hardly count.
  private func startingPoint(_ index: Int, _ stream: RandomStream) throws -> Tensor {
    let inputs = layers[0].inputs
    if index == 0 { return try .full(1e3, [1, inputs], dtype: .float64) }
    return try Tensor.normal([1, inputs], stream.stream(index), dtype: .float64) * (index.isMultiple(of: 2) ? 1 : 1e3)
  }

  /// 1×d → 1×d. Behind MaxMin nothing is switched.
  private func climbed(from start: Tensor) throws -> Tensor {
    guard !layers.contains(where: \.sortsPairs) else { return start }
    var (point, steepness) = (start, try squaredNorms(at: start)[0])
    for _ in 0..<Self.mostMoves {
      let proposals = try switched(point)
      let values = try squaredNorms(at: proposals)
      guard let best = values.indices.max(by: { values[$0] < values[$1] }), values[best] > steepness else { break }
      (point, steepness) = (try proposals.narrowed(0, from: best, count: 1), values[best])
    }
    return point
  }

  private static let mostMoves = 300
  /// Points whose Jacobians are held at once.
  private static let chunk = 64

  /// For each neuron the point with its pre-activation turned, those near 0 moved away from it; and the point nearer to
  /// 0, farther from it and mirrored, where biases weigh more, less and on the other side.
  private func switched(_ point: Tensor) throws -> Tensor {
    var (h, slopes, proposals) = (point, Tensor?.none, [try point * 0.5, try point * 2, try point.negated()])
    for (index, layer) in layers.dropLast().enumerated() {
      let z = try h.linear(layer.weight, layer.bias)
      let gradients = try slopes.map { try layer.weight.matmul($0) } ?? layer.weight
      let moves = try index == 0 ? firstMoves : Self.steps(along: gradients)
      let turn = try z + z.sign() * z.abs().maximum(z.abs().mean())
      proposals.append(try point - moves * turn.reshaped([-1, 1]))
      slopes = try gradients * z.greater(0).to(.float64).reshaped([-1, 1])
      h = try z.relu()
    }
    return try Tensor.concatenated(proposals, 0)
  }

  /// ‖J‖² at each of the points N×d.
  private func squaredNorms(at points: Tensor) throws -> [Double] {
    try (0..<points.size(0)).batches(of: Self.chunk).flatMap { places in
      try squaredNorms(atSome: points.narrowed(0, from: places.lowerBound, count: places.count))
    }
  }

  /// The largest eigenvalue of J·Jᵀ = A W_1W_1ᵀ Aᵀ, A the rest of the product.
  private func squaredNorms(atSome points: Tensor) throws -> [Double] {
    var (h, masks) = (points, [Tensor]())
    for layer in layers.dropLast() {
      let z = try h.linear(layer.weight, layer.bias)
      masks.append(try z.greater(0).to(.float64).reshaped([points.size(0), 1, layer.outputs]))
      h = try z.relu()
    }
    var rest: Tensor?
    for (layer, mask) in zip(layers.dropFirst(), masks).reversed() {
      rest = try (rest?.matmul(layer.weight) ?? layer.weight) * mask
    }
    guard let rest else { return [Double](repeating: 0, count: points.size(0)) }
    let square = try rest.matmul(gram).matmul(rest.permuted([0, 2, 1]))
    let values = try square.symmetricEigenvectors().values
    return try values.narrowed(1, from: values.size(1) - 1, count: 1).doubles()
  }
}
