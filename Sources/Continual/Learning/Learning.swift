import ImageData
import RandomStreams
import ResidualNets
import TorchCore

/// How the network of a lesson learns from images: what its batches are made of, and what it answers to them.
protocol Learning {
  /// The batches of a lesson from a place in an epoch to the last epoch's end.
  /// - Parameter augmentation: what changes samples before they are seen; nil where nothing does.
  func batches(
    of material: LessonMaterial, epochs: Range<Int>, startingAt start: (epoch: Int, batch: Int),
    augmentation: BatchLoader.Augmentation?, on device: Device
  ) throws -> any LearningBatches

  /// What the network answers to inputs.
  /// - Parameters:
  ///   - outputs: for each input the number of the right output, which says whose head answers.
  ///   - draws: what a training step draws from.
  func answers(_ inputs: Tensor, _ outputs: [Int], _ mode: Mode, draws: RandomStream?) throws -> Answers

  /// The network from pixels to logits; nil where inputs are no pixels, so that nothing can be said about them.
  var pixelNetwork: PixelLearning? { get }

  /// The same, where the inputs are a share of a batch.
  func sharing(_ batch: any BatchSharing) -> any Learning

  /// The same, computing in what is asked of a trunk that learns, or of one that is frozen.
  func computing(in precisions: Configuration.Precisions) -> any Learning
}

extension Learning {
  var pixelNetwork: PixelLearning? { nil }

  func sharing(_ batch: any BatchSharing) -> any Learning { self }

  /// The network from pixels to logits.
  /// - Throws: `RunError.unusable` where inputs are no pixels.
  func requirePixels() throws -> PixelLearning {
    guard let pixelNetwork else {
      throw RunError.unusable(
        reason:
          "what is learned from features that are computed once can be neither perturbed nor penalised in the pixels: "
          + "leave out training.noise, training.adversarial and training.penalty, or choose a strategy that learns from pixels"
      )
    }
    return pixelNetwork
  }
}

/// The batches of a lesson, one after another.
protocol LearningBatches {
  func next() throws -> LearningBatch?
}

/// What one training step sees.
struct LearningBatch {
  let epoch: Int
  /// Its number in the epoch, from 0.
  let number: Int
  /// Of the lesson's images.
  let places: [Int]
  /// N×…, what the network takes.
  let inputs: Tensor
  /// For each sample the number of the output that is right.
  let outputs: [Int]
}

/// What a lesson is learned from.
struct LessonMaterial {
  /// Their targets are numbers of outputs.
  let images: any LabelledImages
  let order: BatchOrder
  /// Of all steps that the learning rate's schedule covers, those before this lesson, and how many there are; nil where
  /// the schedule is the lesson's own.
  var schedule: (before: Int, total: Int)?
}
