import RandomStreams
import ResidualNets
import TorchCore

/// A classifier of the images by this description, trained.
/// - Throws: ``StudyError/unusable(_:)`` where training diverged: nothing can be read off such a network.
@TorchActor
func flowClassifier(
  _ description: NetworkDescription, of images: StudyImages, plan: TrainingPlan, stream: RandomStream
) throws -> TaskNetwork {
  let trunk = try description.makeTrunk(
    inputShape: images.inputShape, statistics: images.statistics, stream: stream.stream("trunk"))
  let head = try description.makeHead(
    features: trunk.featureCount, classCount: images.classCount, stream: stream.stream("head"))
  let network = TaskNetwork(trunk: trunk, adapter: nil, head: head)
  let curve = try train(network, on: images.train, plan: plan, stream: stream.stream("training"))
  guard !curve.diverged else {
    throw StudyError.unusable("training diverged: \(description.summary)")
  }
  return network
}

extension TaskNetwork {
  /// The deployed network in float64, where claims hold to rounding.
  func deployedInDouble() throws -> DeployedNetwork { try deployed().mappingTensors { try $0.to(.float64) } }
}
