import RandomStreams
import ResidualNets
import TorchCore

/// A fresh classifier of a study's images.
@TorchActor
func blockClassifier(
  _ description: NetworkDescription, for images: StudyImages, stream: RandomStream
) throws -> TaskNetwork {
  let trunk = try description.makeTrunk(
    inputShape: images.inputShape, statistics: images.statistics, stream: stream.stream("trunk"))
  let head = try description.makeHead(
    features: trunk.featureCount, classCount: images.classCount, stream: stream.stream("head"))
  return TaskNetwork(trunk: trunk, adapter: nil, head: head)
}

/// The same, trained by cross-entropy on the training images.
/// - Throws: ``StudyError/unusable(_:)`` where training diverged: nothing can be read off such a network.
@TorchActor
func trainedBlockClassifier(
  _ description: NetworkDescription, on images: StudyImages, plan: TrainingPlan, stream: RandomStream
) throws -> TaskNetwork {
  let network = try blockClassifier(description, for: images, stream: stream)
  let curve = try train(network, on: images.train, plan: plan, stream: stream.stream("training"))
  guard !curve.diverged else {
    throw StudyError.unusable("training diverged after \(curve.losses.count) steps: use another seed")
  }
  return network
}
