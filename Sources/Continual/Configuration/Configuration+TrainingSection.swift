import ImageData
import ResidualNets

extension Configuration {
  public struct Training: Sendable, Hashable, Codable {
    public enum Schedule: String, Sendable, Hashable, Codable, CaseIterable {
      case constant, cosine
      /// In a line up to the rate at two fifths of training, and down to 0.
      case cyclic
      /// × 0.1 at half and at three quarters of training.
      case step
    }

    /// Passes over the data on which the trunk learns.
    public var trunkEpochs = 10
    /// Passes over each later task.
    public var epochs = 10
    /// Optimizer steps of each lesson, whatever the epochs say; nil for epochs.
    public var steps: Int?
    public var batchSize = 64
    /// What changes images while they are learned from.
    public var augmentation = Augmentation()
    /// σ of Gaussian noise on every pixel, in pixels on [0, 1], drawn anew in every step and not clipped; 0 for none.
    public var noise = 0.0
    /// The threat under which a step learns.
    public var adversarial = Adversarial()
    /// What is added to the loss of a step.
    public var penalty = Penalty()
    public var optimizer = OptimizerDescription()
    public var schedule = Schedule.cosine
  }
}
