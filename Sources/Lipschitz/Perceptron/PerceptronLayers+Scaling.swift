import OperatorNorms
import TorchCore

extension [PerceptronLayer] {
  /// Without neurons that nothing enters, which are constant; nil where that leaves no way from input to output.
  func withoutConstantNeurons() throws -> [PerceptronLayer]? {
    var layers = self
    for index in layers.indices {
      let sums = try layers[index].magnitude.sum([1]).doubles()
      let live = sums.indices.filter { sums[$0] > 0 }
      guard !live.isEmpty else { return nil }
      guard index + 1 < layers.count, live.count < sums.count else { continue }
      let places = try Tensor(indices: live)
      layers[index] = try layers[index].selecting(outputs: places)
      layers[index + 1] = try layers[index + 1].selecting(inputs: places)
    }
    return layers
  }

  /// A network whose constant is this one's divided by `scale`, every neuron's largest weight in [1, 2).
  ///
  /// ReLU commutes with positive factors, so what divides a neuron multiplies the weights that read it. All factors are
  /// powers of two, and nothing is rounded.
  func balanced() throws -> (layers: [PerceptronLayer], scale: Double) {
    var layers = self
    for index in layers.indices.dropLast() {
      let binades = try layers[index].weight.abs().max([1]).doubles().map { $0 > 0 ? $0.binade : 1 }
      let factors = try Tensor(binades, [binades.count])
      layers[index] = try layers[index].multiplied(by: (1 / factors).reshaped([-1, 1]))
      layers[index + 1] = try layers[index + 1].multiplied(by: factors)
    }
    let last = layers.count - 1
    let largest = try layers[last].weight.abs().max().item()
    let scale = largest > 0 ? largest.binade : 1
    layers[last] = try layers[last].multiplied(by: .full(1 / scale, [1, 1], dtype: .float64))
    return (layers, scale)
  }
}

extension [PerceptronLayer] {
  /// A network whose constant is this one's divided by `scale`, every layer's norm in [1, 2); nil where one is 0. All
  /// activations commute with positive factors of a whole layer; these are powers of two, and nothing is rounded.
  func ofUnitNorms() throws -> (layers: [PerceptronLayer], scale: Double)? {
    var scale = 1.0
    let layers = try map { layer in
      let binade = try layer.norm().binade
      scale *= binade
      return try layer.multiplied(by: .full(1 / binade, [1, 1], dtype: .float64))
    }
    return scale > 0 && scale.isFinite ? (layers, scale) : nil
  }
}

extension PerceptronLayer {
  /// With positive powers of two, out×1 or in; the bias is no longer that of the same function.
  fileprivate func multiplied(by factors: Tensor) throws -> PerceptronLayer {
    PerceptronLayer(
      name: name, weight: try weight * factors, magnitude: try magnitude * factors, roundings: roundings, bias: bias,
      sortsPairs: sortsPairs)
  }
}
