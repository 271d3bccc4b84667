import RandomStreams
import ResidualNets
import TorchCore

/// A network that learned a first task and is frozen, for later tasks to learn beside its trunk.
@TorchActor
struct FirstTask {
  let trunk: any Trunk
  let head: Linear
  /// Both together.
  let network: TaskNetwork

  init(
    _ description: NetworkDescription, _ images: StudyImages, task: ClassTask, plan: TrainingPlan,
    stream: RandomStream
  ) throws {
    trunk = try description.makeTrunk(
      inputShape: images.inputShape, statistics: images.statistics, stream: stream.stream("trunk"))
    head = try description.makeHead(
      features: trunk.featureCount, classCount: task.classCount, stream: stream.stream("head"))
    network = TaskNetwork(trunk: trunk, adapter: nil, head: head)
    try train(network, on: task.train, plan: plan, stream: stream.stream("first"))
      .requireEnd(of: "the first task of the trunk")
    try trunk.freeze()
    try head.freeze()
  }
}
