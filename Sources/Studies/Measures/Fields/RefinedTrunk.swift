import Lipschitz
import RandomStreams
import ResidualNets
import TorchCore

extension Trunk {
  /// The network with `factor` times as many blocks of the same shared branch, in float64.
  /// - Parameters:
  ///   - step: τ of its blocks; over the same time it is this network's own divided by the factor.
  ///   - statistics: of the pixels; overwritten by this network's own.
  func refined(by factor: Int, step: Double, statistics: PixelStatistics) throws -> any Trunk {
    var finer = description
    finer.depth *= factor
    finer.dynamics.step = step
    let trunk = try finer.makeTrunk(inputShape: inputShape, statistics: statistics, stream: RandomStream(seed: 0))
    try trunk.load(state())
    try trunk.becomeFloat64()
    return trunk
  }

  /// h_L of h₀.
  func flow(_ h: Tensor) throws -> Tensor {
    let passage = Passage(adapter: nil, mode: .evaluation)
    return try blocks.reduce(h) { try $1.forward($0, passage) }
  }
}
