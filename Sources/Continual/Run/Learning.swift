import ImageData
import RandomStreams
import TorchCore

/// How the network of a lesson learns from images: what its batches are made of, and the logits of such a batch.
protocol Learning {
  /// The batches of a lesson from a place in an epoch to the last epoch's end.
  /// - Parameter augmentation: what changes samples before they are seen; nil where nothing does.
  func batches(
    of material: LessonMaterial, epochs: Range<Int>, startingAt start: (epoch: Int, batch: Int),
    augmentation: BatchLoader.Augmentation?, on device: Device
  ) throws -> any LearningBatches

  /// Logits N×K of a batch's inputs, in training.
  /// - Parameter draws: what this step draws from.
  func logits(_ inputs: Tensor, draws: RandomStream) throws -> Tensor
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
  /// N×…, what the network takes.
  let inputs: Tensor
  /// For each sample the output that is right.
  let targets: [Int]
}
