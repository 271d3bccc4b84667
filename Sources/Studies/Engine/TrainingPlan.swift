import ResidualNets
import TorchCore

/// How a network is trained in a study.
struct TrainingPlan: Sendable, Hashable {
  enum Length: Sendable, Hashable {
    /// Passes over all samples.
    case epochs(Int)
    /// Optimizer steps, with as many passes as they need.
    case steps(Int)
  }

  var length: Length
  /// At most; the batches of an epoch differ by one sample at most, so that none is so small that norms fail on it.
  var batchSize = 64
  var optimizer = OptimizerDescription()
  /// Over the whole length.
  var schedule = Schedule.constant

  /// How many batches an epoch of `count` samples has.
  func batchesPerEpoch(_ count: Int) -> Int { max(1, (count + batchSize - 1) / max(batchSize, 1)) }

  func totalSteps(_ count: Int) -> Int {
    switch length {
    case .epochs(let epochs): epochs * batchesPerEpoch(count)
    case .steps(let steps): steps
    }
  }
}

/// One optimizer step, after it was taken.
struct TrainingStep {
  /// From 1 to ``total``.
  let number: Int
  let total: Int
  /// From 1.
  let epoch: Int
  let isEndOfEpoch: Bool
  /// Of the batch, before the step.
  let loss: Double
  /// Of the loss by parameter, in the order of the parameters trained; those that the loss does not depend on are zero.
  let gradients: [Tensor]
}

/// How training went.
struct TrainingCurve: Sendable, Hashable {
  /// The batch's loss before each step, the last one not finite where training diverged.
  var losses: [Double] = []
  /// The mean loss of each epoch; of steps that end within an epoch, that of the steps taken in it.
  var epochLosses: [Double] = []
  /// A loss was infinite or NaN. Training ended there, before the step.
  var diverged = false

  /// The mean loss of the last epoch; infinite where training diverged, NaN where no step was taken.
  var finalLoss: Double { diverged ? .infinity : epochLosses.last ?? .nan }

  /// For studies that read something off the trained network, which one that diverged does not have.
  /// - Parameter what: was trained, such as `the shared adapter`.
  /// - Throws: ``StudyError/diverged(_:steps:)``.
  func requireEnd(of what: String) throws {
    if diverged { throw StudyError.diverged(what, steps: losses.count) }
  }
}
