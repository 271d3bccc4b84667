import Foundation
import ImageData
import RandomStreams
import ResidualNets
import Results
import Robustness
import Testing
import TorchCore

@testable import Continual

@TorchActor @Suite struct OverfittingCheckTests {
  let data: TemporaryFolder

  init() throws {
    try Torch.setThreads(1)
    data = try TemporaryFolder()
    try BarImages.write(to: data.url)
  }

  /// A fall of more than 0.2 below the best epoch so far, in one epoch or in several.
  @Test func theRule() {
    let accuracies = [0.3, 0.5, 0.31, 0.29, 0.45, 0.9, 0.69]
    var best: Double?
    var fallen: [Bool] = []
    for accuracy in accuracies {
      fallen.append(OverfittingCheck.Reading(accuracy: accuracy, count: 64, best: best).hasOverfitted)
      best = max(best ?? 0, accuracy)
    }
    #expect(fallen == [false, false, false, true, false, false, true])
  }

  /// A lesson that learns for three epochs and then the wrong labels: the check sees the fall, and not before.
  @Test func aNetworkThatFallsIsNoticed() throws {
    let configuration = try Configuration.tiny(data.url) {
      $0.training.trunkEpochs = 6
      $0.training.schedule = .constant
      $0.training.adversarial.method = .fgsmRS
    }
    let material = try RunMaterial(configuration, observer: SilentObserver())
    let stream = RandomStream(seed: 4)
    let layout = try OutputLayout(material.stream, .task)
    let models = try TaskModels(
      trunk: material.makeTrunk(configuration, stream: stream, observer: SilentObserver()), layout: layout,
      device: .cpu)
    let strategy = Saboteur(lengths: LessonLengths(configuration.training), turningAt: 3)
    let lesson = Lesson.task(0, classCount: 2)
    let assignment = try strategy.begin(lesson, models, stream: stream)
    let images = layout.images(of: 0..<1, in: material.stream)
    let order = BatchOrder(indices: Array(0..<images.count), batchSize: 8, shuffle: stream)
    var progress = LessonProgress()
    var readings: [OverfittingCheck.Reading] = []
    try Trainer(
      settings: configuration.training, strategy: strategy,
      rehearsal: Rehearsal(images: images, place: { $0 }, augmentation: Augmentation(), device: .cpu)
    ).train(
      lesson, assignment, configuration.training.optimizer.makeOptimizer(for: assignment.parameters),
      on: LessonMaterial(images: images, order: order), stream: stream, progress: &progress,
      afterEpoch: { if let reading = $0.robustness { readings.append(reading) } }, afterStep: { _ in })
    #expect(readings.count == 6)
    #expect(readings.prefix(3).allSatisfy { !$0.hasOverfitted }, "\(readings)")
    #expect(readings.suffix(2).allSatisfy { $0.hasOverfitted }, "\(readings)")
    #expect(progress.bestRobustness == readings.map(\.accuracy).max())
  }

  /// Accuracy under attack: that of the clean images in a ball of nearly nothing, and none where the ball is
  /// everything.
  @Test func accuracyIsUnderAttack() throws {
    let tiny = try TinyNetwork(NetworkDescription(architecture: .mlp, depth: 1, width: 16, norm: .none), seed: 8)
    let logits = try withoutGradients { try tiny.learning.answers(tiny.inputs, [], .evaluation, draws: nil) }
    let answers = try #require(logits.groups.first).logits.argmax(1).integers()
    func accuracy(_ epsilon: String) throws -> Double {
      try OverfittingCheck(within: PerturbationBall(.linf, Rational(epsilon)))
        .accuracy(tiny.learning, tiny.inputs, answers, tiny.stream)
    }
    #expect(try accuracy("1e-7") == 1)
    #expect(try accuracy("1") < 0.5)
  }
}

/// Learns up to an epoch, and from then on the other of two labels.
private final class Saboteur: WholeNetworkStrategy {
  let lengths: LessonLengths
  private let epoch: Int

  init(lengths: LessonLengths, turningAt epoch: Int) {
    self.lengths = lengths
    self.epoch = epoch
  }

  func loss(_ step: LearningStep) throws -> Tensor {
    guard step.batch.epoch >= epoch else { return try step.loss() }
    return try step.loss(of: step.batch.inputs, step.batch.outputs.map { 1 - $0 }, "sabotage")
  }
}
