import OrderedCollections
import RandomStreams
import ResidualNets
import Results
import TensorFiles
import TorchCore

/// A way to learn tasks one after another: what is new for a task, what is trained and how, and what is frozen
/// afterwards.
///
/// A lesson goes through `begin`, `prepare`, then for each step `loss`, `direction` and `took`, then `conclude` and
/// `complete`. When a run is resumed, only `begin` and `complete` are called for what was learned before, to make the
/// same modules again; their tensors, and the strategy's own state, come from the checkpoint. So these two depend on
/// nothing but their arguments, and what is computed from images belongs into the others and into ``state()``.
protocol LearningStrategy: AnyObject {
  /// Makes what the lesson needs, deterministically from `stream`, and says what to train.
  func begin(_ lesson: Lesson, _ models: TaskModels, stream: RandomStream) throws -> Assignment

  /// Called before the first step.
  func prepare(_ scene: LessonScene) throws

  /// What a step is to minimise. Where ranks take it together, this one's part, so that the parts add up to the whole:
  /// means over a batch count by the rank's share of it, and what does not depend on images counts once over all ranks.
  /// All ranks go through the network as often and in the same order.
  func loss(_ step: LearningStep) throws -> Tensor

  /// The gradients to go by: those of the loss, or what the strategy makes of them; the same on every rank.
  /// - Parameter gradients: one for each of `parameters`, in order.
  func direction(
    _ gradients: [Tensor], _ parameters: OrderedDictionary<String, Parameter>, _ step: LearningStep
  ) throws -> [Tensor]

  /// Called after every step, with the gradients that it went by; the same on every rank, so that ``state()`` is, too.
  func took(_ step: LearningStep, _ gradients: [Tensor], _ parameters: OrderedDictionary<String, Parameter>) throws

  /// Called after the last step: what is to be learned from the lesson otherwise.
  func conclude(_ scene: LessonScene) throws

  /// Freezes what the lesson has settled.
  func complete(_ lesson: Lesson, _ models: TaskModels, stream: RandomStream) throws

  /// A part like the one that the lesson of a task leaves, with room for its tensors.
  func partLike(_ lesson: Lesson, _ models: TaskModels, stream: RandomStream) throws -> TaskPart

  /// Whether the lesson depends on nothing but the trunk, which has learned, and so may be learned before or beside
  /// others. `prepare` and `conclude` must have nothing to do for it, and there is no ``state()``.
  func learnsApart(_ lesson: Lesson) -> Bool

  /// The images that it keeps beside the networks, and what else it keeps with them; nil for none.
  /// - Parameter imageBytes: what an image takes.
  func memory(imageBytes: Int) -> MemoryRecord?

  /// All that later lessons and steps depend on beside the networks and the optimizer; stored with a checkpoint.
  func state() throws -> OrderedDictionary<String, HostTensor>
  /// Goes on from a stored state.
  /// - Throws: `StateError` for a state that is not this strategy's.
  func load(_ state: OrderedDictionary<String, HostTensor>) throws
}

extension LearningStrategy {
  func prepare(_ scene: LessonScene) throws {}

  func loss(_ step: LearningStep) throws -> Tensor { try step.loss() }

  func direction(
    _ gradients: [Tensor], _ parameters: OrderedDictionary<String, Parameter>, _ step: LearningStep
  ) throws -> [Tensor] { gradients }

  func took(_ step: LearningStep, _ gradients: [Tensor], _ parameters: OrderedDictionary<String, Parameter>) throws {}

  func conclude(_ scene: LessonScene) throws {}

  func partLike(_ lesson: Lesson, _ models: TaskModels, stream: RandomStream) throws -> TaskPart {
    try models.makePart(lesson.classCount, stream: stream)
  }

  func learnsApart(_ lesson: Lesson) -> Bool { false }

  func memory(imageBytes: Int) -> MemoryRecord? { nil }

  func state() throws -> OrderedDictionary<String, HostTensor> { [:] }

  func load(_ state: OrderedDictionary<String, HostTensor>) throws {
    try state.requireNothingLeft()
  }
}
