import RandomStreams
import ResidualNets
import TensorFiles
import TorchCore

/// One trunk, and an adapter and a head for each task after the first.
@TorchActor
struct TaskAdapters {
  /// By task learned.
  private(set) var networks: [TaskNetwork] = []
  private let tasks: [ClassTask]
  private let trunk: any Trunk
  private let plan: TrainingPlan
  private let stream: RandomStream

  init(
    _ description: NetworkDescription, _ images: StudyImages, tasks: [ClassTask], plan: TrainingPlan,
    stream: RandomStream
  ) throws {
    trunk = try description.makeTrunk(
      inputShape: images.inputShape, statistics: images.statistics, stream: stream.stream("trunk"))
    (self.tasks, self.plan, self.stream) = (tasks, plan, stream)
  }

  /// Learns all tasks in order, and says how far the logits of earlier tasks moved meanwhile.
  /// - Parameter freezing: whether the trunk is frozen behind the first task.
  /// - Returns: the largest change of a logit of an earlier task, and whether all stayed the same byte by byte.
  mutating func learnAll(freezing: Bool) throws -> (change: Double, isUntouched: Bool) {
    var learned: [Tensor] = []
    for index in tasks.indices {
      try learn(index)
      if index == 0, freezing { try trunk.freeze() }
      learned.append(try logits(index))
    }
    let final = try tasks.indices.map { try logits($0) }
    let changes = try zip(learned, final).dropLast().map { try ($1 - $0).abs().max().item() }
    let isUntouched = try zip(learned, final).allSatisfy { try $0.host() == $1.host() }
    return (changes.max() ?? .nan, isUntouched)
  }

  private mutating func learn(_ index: Int) throws {
    let own = stream.stream("task").stream(index)
    let head = try trunk.description.makeHead(
      features: trunk.featureCount, classCount: tasks[index].classCount, stream: own.stream("head"))
    let adapter = index == 0 ? nil : try Self.adapter(beside: trunk, stream: own.stream("adapter"))
    let network = TaskNetwork(trunk: trunk, adapter: adapter, head: head)
    try train(network, on: tasks[index].train, plan: plan, stream: own.stream("training"))
      .requireEnd(of: "task \(index + 1) with an adapter of its own")
    networks.append(network)
  }

  private static func adapter(beside trunk: any Trunk, stream: RandomStream) throws -> Adapter {
    try Adapter(for: trunk, AdapterDescription(rank: 4), stream: stream)
  }

  private func logits(_ index: Int) throws -> Tensor {
    try withoutGradients { try networks[index].logits(tasks[index].test.pixels, .evaluation) }
  }

  /// Mean over tasks of the test accuracy.
  func meanAccuracy() throws -> Double {
    try Statistics.mean(zip(networks, tasks).map { try accuracy(of: $0, on: $1.test) })
  }
}
