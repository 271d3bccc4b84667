import OperatorNorms
import ResidualNets
import TorchCore

extension DeployedNetwork {
  /// The L2 Lipschitz constant from pixels to logits, over all of input space, between a tight upper and a lower bound.
  ///
  /// For small networks of linear layers with ReLU or MaxMin between each two, and scalings or shifts of single
  /// elements, such as the normalisation of pixels, anywhere.
  /// - Throws: ``LipschitzError`` naming the first layer that is something else, or a network that is too large;
  ///   ``JacobianError`` where a lower bound is asked for and gradients are off.
  public func perceptronBound(_ settings: PerceptronSettings = .init()) throws -> PerceptronBound {
    let clock = ContinuousClock()
    let start = clock.now
    let (layers, uppers) = try withoutGradients {
      let layers = try perceptronLayers(settings)
      return (layers, try PerceptronMethods(settings: settings).uppers(of: layers, name: "head"))
    }
    let lower = try settings.starts > 0 ? SteepPlaces(layers).lowerBound(of: self, settings) : nil
    let least = uppers.min { ($0.value, $0.key.rawValue) < ($1.value, $1.key.rawValue) }
    let elapsed = (clock.now - start).components
    return PerceptronBound(
      upper: least?.value ?? .infinity, method: least?.key ?? .product, uppers: uppers, lower: lower,
      seconds: Double(elapsed.seconds) + Double(elapsed.attoseconds) * 1e-18)
  }

  /// Upper bounds on the constants of z_y − z_j over all of input space, by y and j; 0 where y = j.
  ///
  /// Each is that of a network with one output, of last weights w_y − w_j, and at most the network's constant times √2;
  /// infinite where no way to it is open.
  /// - Throws: as ``perceptronBound(_:)``.
  public func perceptronPairBounds(_ settings: PerceptronSettings = .init()) throws -> [[Double]] {
    try withoutGradients {
      let layers = try perceptronLayers(settings)
      let methods = PerceptronMethods(settings: settings)
      var bounds = [[Double]](repeating: [Double](repeating: 0, count: classCount), count: classCount)
      for first in 0..<classCount {
        for second in 0..<first {
          let pair = try layers.dropLast() + [layers[layers.count - 1].difference(first, second)]
          let upper = try methods.upperIfAny(of: Array(pair))
          (bounds[first][second], bounds[second][first]) = (upper, upper)
        }
      }
      return bounds
    }
  }

  private func perceptronLayers(_ settings: PerceptronSettings) throws -> [PerceptronLayer] {
    let layers = try PerceptronFolding.layers(of: stages, inputShape: inputShape)
    let neurons = layers.hiddenNeurons
    guard neurons <= settings.mostNeurons else {
      throw LipschitzError.unboundable(
        layer: layers[0].name,
        reason: "with it the network has \(neurons) hidden neurons, and the tight bound takes \(settings.mostNeurons)")
    }
    return layers
  }
}

extension PerceptronMethods {
  /// The least of all ways; infinite where none is open.
  fileprivate func upperIfAny(of layers: [PerceptronLayer]) throws -> Double {
    do {
      return try uppers(of: layers, name: "head").values.min() ?? .infinity
    } catch LipschitzError.unboundable {
      return .infinity
    } catch is OperatorNormError {
      return .infinity
    }
  }
}

extension PerceptronLayer {
  /// The one row w_a − w_b.
  fileprivate func difference(_ first: Int, _ second: Int) throws -> PerceptronLayer {
    let places = try (Tensor(indices: [first]), Tensor(indices: [second]))
    let (a, b) = try (selecting(outputs: places.0), selecting(outputs: places.1))
    return PerceptronLayer(
      name: name, weight: try a.weight - b.weight, magnitude: try a.magnitude + b.magnitude,
      roundings: roundings + 1, bias: try a.bias - b.bias)
  }
}
