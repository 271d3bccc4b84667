import OrderedCollections
import ResidualNets
import TorchCore

/// Each step learns from its own batch and from some images of a memory, joined.
///
/// Source: Rolnick et al., "Experience replay for continual learning", 2019; Chaudhry et al., "On tiny episodic
/// memories in continual learning", 2019. The loss is the mean over all images of both, so that an old one counts as
/// much as a new one. The memory is a reservoir of single images: each is offered once, when it is seen in the first
/// epoch of its lesson. (The Mammoth library offers an image again in every epoch, so that its memory may hold it
/// several times.)
final class ExperienceReplay: ReservoirStrategy {
  static let traits = StrategyTraits(
    scenarios: Set(Scenario.allCases), learnsOnline: true, keepsImages: true)

  let lengths: LessonLengths
  private let batchSize: Int
  var memory: ReplayBuffer

  /// - Parameter imageCount: training images of all tasks.
  init(_ settings: Configuration.Memory, imageCount: Int, _ lengths: LessonLengths) {
    batchSize = settings.batchSize
    memory = ReplayBuffer(size: settings.size, imageCount: imageCount)
    self.lengths = lengths
  }

  func loss(_ step: LearningStep) throws -> Tensor {
    guard !memory.isEmpty else { return try step.loss() }
    let old = try step.recalled(memory.sample(batchSize, step.draws("memory")), "memory")
    return try step.loss(
      of: Tensor.concatenated([step.batch.inputs, old.inputs]), step.batch.outputs + old.outputs, "replay")
  }

  func took(_ step: LearningStep, _ gradients: [Tensor], _ parameters: OrderedDictionary<String, Parameter>) throws {
    guard step.batch.epoch == 0 else { return }
    for place in step.rehearsalPlaces { memory.offer(place, step.stream.stream("reservoir")) }
  }
}
