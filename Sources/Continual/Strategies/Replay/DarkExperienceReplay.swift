import OrderedCollections
import ResidualNets
import Results
import TensorFiles
import TorchCore

/// DER++: a memory keeps images with the logits that the network gave when it saw them; later networks are held to
/// both.
///
/// Source: Buzzega et al., "Dark experience for general continual learning: a strong, simple baseline", 2020:
///
///     L = CE(B) + α · MSE(h(x′), z′) + β · CE(f(x″), y″),    (x′, z′) and (x″, y″) two batches of the memory.
///
/// MSE is the mean over images and outputs, as in the authors' program. Every image of every step is offered to the
/// reservoir, so that logits come from the whole course of training and an image may be kept more than once. Where the
/// outputs grow with the tasks, an image is held to those that took part when it was seen; the authors' network has all
/// outputs from the start and holds it to all.
final class DarkExperienceReplay: WholeNetworkStrategy {
  static let traits = StrategyTraits(
    scenarios: Set(Scenario.allCases), learnsOnline: true, keepsImages: true, keepsLogits: true)

  let lengths: LessonLengths
  let trainsEarlierHeads = true
  private let settings: Configuration.Memory
  private var memory: ReplayBuffer
  private var logits = StoredLogits()
  /// The logits of the present step's batch, the same on every rank.
  private var present: [[Float]] = []

  /// - Parameter imageCount: training images of all tasks.
  init(_ settings: Configuration.Memory, imageCount: Int, _ lengths: LessonLengths) {
    self.settings = settings
    memory = ReplayBuffer(size: settings.size, imageCount: imageCount)
    self.lengths = lengths
  }

  func loss(_ step: LearningStep) throws -> Tensor {
    let (loss, pass) = try step.evaluated()
    let answers = try step.objective.perturbsInputs ? answersAsTheyAre(step) : pass.answers
    present = try step.ownPart.all(answers.rows())
    return memory.isEmpty ? loss : try loss + remembered(step)
  }

  /// Logits of the images as they will come back, where the step learns from perturbed ones: in evaluation mode, so
  /// that no statistics move for their sake.
  private func answersAsTheyAre(_ step: LearningStep) throws -> Answers {
    let part = step.ownPart
    let (inputs, outputs) = try part.taken(of: (step.batch.inputs, step.batch.outputs))
    return try withoutGradients { try part.learning.answers(inputs, outputs, .evaluation, draws: nil) }
  }

  /// α · MSE(h(x′), z′) + β · CE(f(x″), y″).
  private func remembered(_ step: LearningStep) throws -> Tensor {
    let slots = memory.slots(settings.batchSize, step.draws("memory of logits"))
    let part = step.part(of: slots.count)
    let (inputs, outputs) = try part.taken(
      of: step.recalled(slots.map { memory.places[$0] }, "memory of logits"))
    let answers = try part.learning.answers(inputs, outputs, .training, draws: step.draws("branches of logits"))
    let moved = try part.summand(
      ofMean: logits.meanSquaredError(answers, Array(slots[part.rows])), over: logits.widths(slots))
    let labelled = try step.recalled(
      memory.sample(settings.batchSize, step.draws("memory of labels")), "memory of labels")
    return try moved * settings.logitStrength
      + step.loss(of: labelled.inputs, labelled.outputs, "labels") * settings.labelStrength
  }

  func took(_ step: LearningStep, _ gradients: [Tensor], _ parameters: OrderedDictionary<String, Parameter>) throws {
    for (place, row) in zip(step.rehearsalPlaces, present) {
      if let slot = memory.offer(place, step.stream.stream("reservoir")) { logits.keep(row, in: slot) }
    }
  }

  func state() throws -> OrderedDictionary<String, HostTensor> {
    try memory.state().merging(logits.state()) { $1 }
  }

  func load(_ state: OrderedDictionary<String, HostTensor>) throws {
    var (state, memory, logits) = (state, memory, logits)
    try memory.take(from: &state)
    try logits.take(from: &state, count: memory.places.count)
    try state.requireNothingLeft()
    (self.memory, self.logits) = (memory, logits)
  }

  func memory(imageBytes: Int) -> MemoryRecord? {
    MemoryRecord(
      images: memory.places.count, bytes: memory.places.count * imageBytes + logits.count * MemoryLayout<Float>.size)
  }
}
