import RandomStreams
import ResidualNets
import TorchCore

/// A deployed network of a description, every weight drawn at random, in double precision.
/// - Parameter gain: of each layer's weights, 1 for He's variance.
func describedNetwork(
  _ description: NetworkDescription, input: [Int] = [2, 7, 8], classes: Int = 4, seed: Int, gain: Double = 1
) throws -> DeployedNetwork {
  try taskNetwork(description, input: input, classes: classes, seed: seed, gain: gain).deployed()
}

/// The network itself, as training would leave it.
func taskNetwork(
  _ description: NetworkDescription, input: [Int] = [2, 7, 8], classes: Int = 4, seed: Int, gain: Double = 1
) throws -> TaskNetwork {
  let stream = RandomStream(seed: UInt64(seed)).stream("described")
  let statistics = PixelStatistics(
    mean: (0..<input[0]).map { 0.4 + 0.05 * Double($0) }, std: (0..<input[0]).map { 0.25 + 0.05 * Double($0) })
  let trunk = try description.makeTrunk(inputShape: input, statistics: statistics, stream: stream)
  let head = try description.makeHead(features: trunk.featureCount, classCount: classes, stream: stream.stream("head"))
  for (name, module) in [("trunk", trunk), ("head", head)] as [(String, any Module)] {
    for (path, parameter) in Members(of: module).parameters where !parameter.isFrozen {
      let shape = parameter.value.shape
      let random = try Tensor.normal(shape, stream.stream(name).stream(path))
      if shape.count > 1 {
        try parameter.value.assign(random * (gain * (2 / Double(shape[1...].reduce(1, *))).squareRoot()))
      } else {
        // A norm's scale around one, of either sign; biases small.
        try parameter.value.assign(random * 0.3 + (path.hasSuffix("weight") ? 0.8 : 0))
      }
    }
    for (path, buffer) in Members(of: module).buffers where path.contains("running_var") {
      try buffer.value.assign(Tensor.uniform(buffer.value.shape, stream.stream(path)) * 2 + 0.3)
    }
    try module.mapTensors { try $0.to(.float64) }
  }
  return TaskNetwork(trunk: trunk, adapter: nil, head: head)
}

extension TaskNetwork {
  /// Lets every norm constraint converge to its weight, as training does over its steps.
  func settleConstraints(rounds: Int = 100) throws {
    try withoutGradients {
      for _ in 0..<rounds {
        for layer in trunk.adaptableConvolutions { _ = try layer.effectiveWeight(.training) }
        for layer in trunk.adaptableLinears + [head] { _ = try layer.effectiveWeight(.training) }
      }
    }
  }
}
