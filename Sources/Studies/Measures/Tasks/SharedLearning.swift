import Lipschitz
import OrderedCollections
import RandomStreams
import ResidualNets
import TorchCore

/// A trunk that learned a first task and is frozen, beside which the later tasks learn one shared correction.
@TorchActor
struct SharedLearning {
  /// What came of one limit of the correction.
  struct Result {
    /// √Σ ‖A_l‖_F² after the last task.
    let size: Double
    /// Mean over tasks but the last of the accuracy when the task was learned less that at the end (−BWT of Lopez-Paz &
    /// Ranzato 2017).
    let forgetting: Double
    /// Mean accuracy on the tasks behind the first, each when it was learned.
    let learning: Double
  }

  private let tasks: [ClassTask]
  private let first: FirstTask
  private let chain: NetworkChain
  private let plan: TrainingPlan
  private let stream: RandomStream

  init(
    _ description: NetworkDescription, _ images: StudyImages, tasks: [ClassTask], plan: TrainingPlan,
    stream: RandomStream
  ) throws {
    first = try FirstTask(description, images, task: tasks[0], plan: plan, stream: stream)
    chain = NetworkChain(first.network)
    (self.tasks, self.plan, self.stream) = (tasks, plan, stream)
  }

  private var trunk: any Trunk { first.trunk }

  /// Learns the later tasks in order with a correction of at most the size `limit`; heads of learned tasks stay.
  func learn(limit: Double) throws -> Result {
    let correction = try SharedCorrection(blocks: trunk.blocks.count, width: trunk.featureCount)
    var heads = [first.head]
    func accuracy(_ index: Int) throws -> Double {
      let corrected = corrected(by: correction, head: heads[index])
      return try Studies.accuracy(on: tasks[index].test) { try corrected.logits($0) }
    }
    var learned = [try accuracy(0)]
    for index in tasks.indices.dropFirst() {
      heads.append(try learn(tasks[index], correction, limit, stream.stream("later").stream(index)))
      learned.append(try accuracy(index))
    }
    let losses = try tasks.indices.dropLast().map { try learned[$0] - accuracy($0) }
    return Result(
      size: try correction.size(), forgetting: Statistics.mean(losses), learning: Statistics.mean(learned.dropFirst()))
  }

  private func corrected(by correction: SharedCorrection, head: Linear) -> NetworkChain {
    let passage = Passage(adapter: nil, mode: .evaluation)
    return correction.chain(on: chain) { try head.forward(trunk.readout($0, passage), .evaluation) }
  }

  /// - Returns: the task's head.
  private func learn(
    _ task: ClassTask, _ correction: SharedCorrection, _ limit: Double, _ own: RandomStream
  ) throws -> Linear {
    let head = try trunk.description.makeHead(
      features: trunk.featureCount, classCount: task.classCount, stream: own.stream("head"))
    let corrected = corrected(by: correction, head: head)
    try train(
      trainableParameters(of: [("correction", correction), ("head", head)]), on: task.train, plan: plan,
      stream: own.stream("training"),
      loss: { batch, _ in try corrected.logits(batch.pixels).crossEntropy(batch.targets) },
      observe: { _ in try correction.limit(to: limit) }
    ).requireEnd(of: "the shared adapter with the limit \(limit)")
    return head
  }
}
