import RandomStreams
import ResidualNets
import TorchCore

extension StudyImages {
  /// An untrained classifier of these images.
  /// - Parameter stream: trunk and head draw from its substreams `trunk` and `head`.
  func freshNetwork(_ description: NetworkDescription, _ stream: RandomStream) throws -> TaskNetwork {
    let trunk = try description.makeTrunk(
      inputShape: inputShape, statistics: statistics, stream: stream.stream("trunk"))
    let head = try description.makeHead(
      features: trunk.featureCount, classCount: classCount, stream: stream.stream("head"))
    return TaskNetwork(trunk: trunk, adapter: nil, head: head)
  }

  /// The same, trained by cross-entropy on the training images.
  /// - Parameter stream: that of ``freshNetwork(_:_:)``; batches are drawn from its substream `training`.
  /// - Throws: ``StudyError/diverged(_:steps:)``.
  @TorchActor
  func trainedNetwork(
    _ description: NetworkDescription, plan: TrainingPlan, _ stream: RandomStream
  ) throws -> TaskNetwork {
    let network = try freshNetwork(description, stream)
    try Studies.train(network, on: train, plan: plan, stream: stream.stream("training"))
      .requireEnd(of: description.summary)
    return network
  }
}
