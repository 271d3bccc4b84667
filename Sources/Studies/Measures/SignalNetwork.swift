import RandomStreams
import ResidualNets
import TorchCore

extension StudyImages {
  /// An untrained classifier of these images.
  func signalNetwork(_ description: NetworkDescription, _ stream: RandomStream) throws -> TaskNetwork {
    let trunk = try description.makeTrunk(
      inputShape: inputShape, statistics: statistics, stream: stream.stream("trunk"))
    let head = try description.makeHead(
      features: trunk.featureCount, classCount: classCount, stream: stream.stream("head"))
    return TaskNetwork(trunk: trunk, adapter: nil, head: head)
  }
}

extension TaskNetwork {
  /// Makes every tensor float64, in place; pixels have to be float64 from then on.
  func becomeFloat64() throws {
    try trunk.mapTensors { try $0.to(.float64) }
    try head.mapTensors { try $0.to(.float64) }
  }
}
