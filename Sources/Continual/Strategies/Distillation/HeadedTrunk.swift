import RandomStreams
import ResidualNets
import TensorFiles
import TorchCore

/// A trunk with the heads that stand on it, as one module.
final class HeadedTrunk: Module {
  let trunk: any Trunk
  let heads: [Linear]

  init(_ trunk: any Trunk, _ heads: [Linear]) {
    self.trunk = trunk
    self.heads = heads
  }

  func visit(_ members: inout Members) {
    members.child("trunk", trunk)
    for (index, head) in heads.enumerated() { members.child("heads.\(index)", head) }
  }

  /// A network of the same shape that shares nothing with this one and does not learn. Its values mean nothing before a
  /// state is loaded into it.
  func frozenTwin() throws -> HeadedTrunk {
    let stream = RandomStream(seed: 0)
    let twin = HeadedTrunk(
      try trunk.description.makeTrunk(
        inputShape: trunk.inputShape, statistics: .identity(channels: trunk.inputShape[0]), stream: stream),
      try heads.map {
        try trunk.description.makeHead(
          features: trunk.featureCount, classCount: $0.bias.value.count, stream: stream)
      })
    let device = heads.first?.weight.value.device ?? .cpu
    try twin.mapTensors { try $0.to(device) }
    try twin.freeze()
    return twin
  }

  /// Logits of each head in evaluation, constants.
  func answers(_ inputs: Tensor) throws -> [Tensor] {
    try withoutGradients {
      let features = try trunk.features(inputs, through: nil, .evaluation)
      return try heads.map { try $0.forward(features, .evaluation) }
    }
  }
}
