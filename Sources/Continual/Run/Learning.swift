import ImageData
import RandomStreams
import ResidualNets
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

/// From pixels: the whole network runs in every step.
struct PixelLearning: Learning {
  let network: TaskNetwork

  func batches(
    of material: LessonMaterial, epochs: Range<Int>, startingAt start: (epoch: Int, batch: Int),
    augmentation: BatchLoader.Augmentation?, on device: Device
  ) -> any LearningBatches {
    let loader = BatchLoader(
      images: material.images, order: material.order, augmentation: augmentation, epochs: epochs, startingAt: start)
    return PixelBatches(loader: loader, shape: material.images.shape, device: device)
  }

  func logits(_ inputs: Tensor, draws: RandomStream) throws -> Tensor {
    try network.logits(inputs, .training, draws: draws)
  }
}

private struct PixelBatches: LearningBatches {
  let loader: BatchLoader
  let shape: ImageShape
  let device: Device

  func next() throws -> LearningBatch? {
    try loader.next().map {
      LearningBatch(
        epoch: $0.epoch, number: $0.number,
        inputs: try Tensor(samples: $0.pixels, count: $0.targets.count, shape: shape, on: device), targets: $0.targets)
    }
  }
}
