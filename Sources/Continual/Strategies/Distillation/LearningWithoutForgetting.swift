import OrderedCollections
import RandomStreams
import ResidualNets
import TensorFiles
import TorchCore

/// LwF: on the new task's images the old outputs are to answer as they did before the lesson, L(θ) + λ_o Σ_h D(z_h,
/// z*_h), D being the distillation loss at temperature T.
///
/// z* are the answers of a copy of the network as it was when the lesson began, in evaluation mode, to the very inputs
/// that the network sees, augmented or mixed as they may be. Where tasks have heads of their own, every old head is
/// such an h, and goes on learning, by D alone; where they share one, the outputs that the tasks before have are the
/// only h, and the softmax is over them. No image is kept. Running statistics of batch norms follow the images of the
/// newest task, so even a network whose weights have not moved differs from the copy by them. Source: Li and Hoiem
/// 2016, section 3, with its sum over old tasks and λ_o = 1. Their warm-up, in which the new head learns alone, is left
/// out.
final class LearningWithoutForgetting: WholeNetworkStrategy {
  static let traits = StrategyTraits(scenarios: Set(Scenario.allCases), learnsOnline: false)

  let lengths: LessonLengths
  var trainsEarlierHeads: Bool { true }
  /// λ_o and T.
  private let distillation: Configuration.Distillation
  /// Of a lesson with tasks before it.
  private var old: OldAnswers?

  init(_ distillation: Configuration.Distillation, _ lengths: LessonLengths) {
    self.distillation = distillation
    self.lengths = lengths
  }

  func begin(_ lesson: Lesson, _ models: TaskModels, stream: RandomStream) throws -> Assignment {
    let assignment = try wholeNetwork(lesson, models, stream: stream)
    if case .task(let index, _) = lesson, index > 0 { old = try OldAnswers(before: index, models) }
    return assignment
  }

  func prepare(_ scene: LessonScene) throws { try old?.remember() }

  func loss(_ step: LearningStep) throws -> Tensor {
    guard let old else { return try step.loss() }
    var (loss, pass) = try step.evaluated()
    for (now, before) in zip(try old.now(pass.answers), try old.before(pass.inputs)) {
      let moved = try distillationLoss(of: now, towards: before, temperature: distillation.temperature)
      loss = try loss + step.ownPart.summand(ofMean: moved * distillation.strength)
    }
    return loss
  }

  func complete(_ lesson: Lesson, _ models: TaskModels, stream: RandomStream) throws {
    try completeWholeNetwork(lesson, models)
    old = nil
  }

  func state() throws -> OrderedDictionary<String, HostTensor> { try old?.former.state() ?? [:] }

  func load(_ state: OrderedDictionary<String, HostTensor>) throws {
    guard let old else { return try state.requireNothingLeft() }
    try old.former.load(state)
  }
}
