import RandomStreams
import ResidualNets
import TorchCore

/// The same network with every constant but the pixel statistics moved at random.
/// - Parameter size: of each change, relative to the root mean square of the constant.
func moved(_ network: DeployedNetwork, by size: Double, seed: Int) throws -> DeployedNetwork {
  let stream = RandomStream(seed: UInt64(seed)).stream("moved")
  var number = 0
  func move(_ tensor: Tensor) throws -> Tensor {
    number += 1
    let typical = try tensor.squared().mean().sqrt().item() + 1e-3
    return try tensor + Tensor.normal(tensor.shape, stream.stream(number), dtype: tensor.dtype) * (size * typical)
  }
  return DeployedNetwork(
    inputShape: network.inputShape,
    body: try network.body.map { stage in
      if case .normalize = stage.operation { return stage }
      return try stage.mappingTensors(move)
    },
    headWeight: try move(network.headWeight), headBias: try move(network.headBias))
}

/// Images of a shape, in double precision.
func images(_ count: Int, like network: DeployedNetwork, seed: Int) throws -> Tensor {
  try Tensor.uniform(
    [count] + network.inputShape, RandomStream(seed: UInt64(seed)).stream("images"), dtype: .float64)
}
