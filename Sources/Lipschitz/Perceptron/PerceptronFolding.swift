import OperatorNorms
import ResidualNets
import TorchCore

/// Gathers the stages of a perceptron into one linear map before, between and after its activations.
///
/// A ReLU on the pixels themselves is left out: it multiplies each difference by a number in [0, 1], as a scaling of
/// the pixels commutes with that, so a bound without it holds with it.
struct PerceptronFolding {
  /// Those that an activation has closed.
  private(set) var layers: [PerceptronLayer] = []
  /// What has come since the last activation.
  private var open = OpenMap.elementwise(nil)

  private enum OpenMap {
    /// x ↦ factor ⊙ x + shift, with the roundings of the factor; nil for the identity.
    case elementwise(Scaling?)
    case matrix(PerceptronLayer)
  }

  struct Scaling {
    var factor: Tensor
    var shift: Tensor
    var roundings: Int
  }

  /// Appends x ↦ factor ⊙ x + shift.
  mutating func scale(by next: Scaling, at name: String) throws {
    try next.factor.requireUsualSizes(name)
    switch open {
    case .elementwise(nil): open = .elementwise(next)
    case .elementwise(let old?):
      open = .elementwise(
        Scaling(
          factor: try old.factor * next.factor, shift: try old.shift * next.factor + next.shift,
          roundings: old.roundings + next.roundings + 1))
    case .matrix(var layer):
      let column = try next.factor.reshaped([-1, 1])
      layer.weight = try layer.weight * column
      layer.magnitude = try layer.magnitude * column.abs()
      layer.roundings += next.roundings + 1
      layer.bias = try layer.bias * next.factor + next.shift
      try layer.magnitude.requireUsualSizes(name)
      open = .matrix(layer)
    }
  }

  /// Appends x ↦ W x + b.
  mutating func multiply(by weight: Tensor, _ bias: Tensor, at name: String) throws {
    try weight.requireUsualSizes(name)
    var layer = PerceptronLayer(name: name, weight: weight, magnitude: try weight.abs(), roundings: 0, bias: bias)
    switch open {
    case .elementwise(nil): break
    case .elementwise(let scaling?):
      layer.bias = try bias + weight.applied(to: scaling.shift)
      layer.weight = try weight * scaling.factor
      layer.magnitude = try layer.magnitude * scaling.factor.abs()
      layer.roundings = scaling.roundings + 1
    case .matrix(let old):
      layer.bias = try bias + weight.applied(to: old.bias)
      layer.weight = try weight.matmul(old.weight)
      layer.magnitude = try layer.magnitude.matmul(old.magnitude)
      layer.roundings = old.roundings + old.outputs + 1
    }
    try layer.magnitude.requireUsualSizes(name)
    open = .matrix(layer)
  }

  /// Appends a ReLU on `width` elements.
  mutating func rectify(at name: String, width: Int) throws {
    switch open {
    // Of two ReLUs in a row the second does nothing.
    case .elementwise(nil) where layers.last?.sortsPairs != true: return
    case .elementwise where layers.isEmpty: return
    default: layers.append(try closed(name, width))
    }
    open = .elementwise(nil)
  }

  /// Appends MaxMin on the pairs (i, i + width/2).
  mutating func sort(at name: String, width: Int) throws {
    var layer = try closed(name, width)
    layer.sortsPairs = true
    layers.append(layer)
    open = .elementwise(nil)
  }

  /// What has come since the last activation as a matrix.
  private func closed(_ name: String, _ width: Int) throws -> PerceptronLayer {
    switch open {
    case .elementwise(nil):
      let ones = try Tensor.ones([width], dtype: .float64)
      return try Scaling(factor: ones, shift: ones.zerosLike(), roundings: 0).asLayer(name)
    case .elementwise(let scaling?): return try scaling.asLayer(name)
    case .matrix(let layer): return layer
    }
  }

  /// Appends the last map, which no activation follows.
  mutating func finish() throws -> [PerceptronLayer] {
    switch open {
    case .elementwise(nil): break
    case .elementwise(let scaling?): layers.append(try scaling.asLayer("output"))
    case .matrix(let layer): layers.append(layer)
    }
    open = .elementwise(nil)
    return layers
  }
}

extension PerceptronFolding.Scaling {
  fileprivate func asLayer(_ name: String) throws -> PerceptronLayer {
    let weight = try Tensor.eye(factor.count, dtype: .float64) * factor
    return PerceptronLayer(name: name, weight: weight, magnitude: try weight.abs(), roundings: roundings, bias: shift)
  }
}

extension Tensor {
  /// W x of a vector.
  fileprivate func applied(to vector: Tensor) throws -> Tensor {
    try matmul(vector.reshaped([-1, 1])).reshaped([-1])
  }

  /// Requires numbers so far from overflow and underflow that neither needs an account.
  fileprivate func requireUsualSizes(_ layer: String) throws {
    let sizes = try abs()
    let (least, largest) = (try sizes.equal(0).select(.full(1, [], dtype: .float64), sizes).min().item(), 0x1p200)
    guard least >= 1 / largest, try sizes.max().item() <= largest else {
      throw LipschitzError.unboundable(
        layer: layer, reason: "the tight bound takes weights of sizes between 2⁻²⁰⁰ and 2²⁰⁰, and 0")
    }
  }
}
