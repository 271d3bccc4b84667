import ImageData
import RandomStreams
import ResidualNets
import Results
import Robustness
import TorchCore

/// Watches for catastrophic overfitting: within an epoch, a network that learns from single steps can come to withstand
/// these alone, and its accuracy under iterated ones falls to zero (Wong, Rice and Kolter 2020; Andriushchenko and
/// Flammarion 2020).
///
/// After each epoch, PGD with 10 steps of ε/4 from the same random start attacks the same batch of training images, as
/// they are without augmentation. Where accuracy is more than 0.2 below the best of an earlier epoch of the lesson, the
/// network has overfitted. 0.2 is the fall at which the code of Wong et al. stops training, there from one epoch to the
/// next.
struct OverfittingCheck {
  static let largestFall = 0.2

  private let threat: TrainingAttack

  init(within ball: PerturbationBall) {
    threat = TrainingAttack(
      ascent: GradientAscent(ball, start: .uniform, steps: 10, stepSize: .perSteps(factor: 2.5)), consistency: nil)
  }

  /// What one epoch's end shows.
  struct Reading: Sendable, Equatable {
    /// Under PGD.
    let accuracy: Double
    /// Images attacked.
    let count: Int
    /// Of the earlier epochs; nil after the first.
    let best: Double?

    var hasOverfitted: Bool { best.map { $0 - accuracy > OverfittingCheck.largestFall } ?? false }
  }

  /// - Parameters:
  ///   - material: of the lesson; its first batch of the first epoch is the one.
  ///   - best: of the earlier epochs; nil after the first.
  ///   - stream: of the lesson.
  func reading(
    _ learning: any Learning, _ material: LessonMaterial, best: Double?, on device: Device, _ stream: RandomStream
  ) throws -> Reading? {
    guard let places = material.order.batches(epoch: 0).first else { return nil }
    let images = material.images
    let pixels = try images.pixels(places, on: device)
    return Reading(
      accuracy: try accuracy(learning, pixels, places.map(images.target), stream.stream("overfitting")),
      count: places.count, best: best)
  }

  /// The share of inputs that are classified correctly under attack.
  func accuracy(
    _ learning: any Learning, _ inputs: Tensor, _ outputs: [Int], _ stream: RandomStream
  ) throws -> Double {
    let perturbed = try threat.perturbed(inputs, outputs, learning, stream)
    return try withoutGradients { try learning.answers(perturbed, outputs, .evaluation, draws: nil).accuracy() }
  }
}

extension Answers {
  /// The share of samples whose largest logit is the right one.
  func accuracy() throws -> Double {
    try mean { try $0.logits.argmax(1).equal(targets(of: $0)).to(.float64).mean() }.item()
  }
}
