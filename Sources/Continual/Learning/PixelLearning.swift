import ImageData
import RandomStreams
import ResidualNets
import TorchCore

/// From pixels: the whole network runs in every step.
struct PixelLearning: Learning {
  let trunk: any Trunk
  let adapter: Adapter?
  let heads: Heads
  /// Those who learn from shares of one batch; nil where it is all here.
  private(set) var sharing: (any BatchSharing)?
  private(set) var precision = Precision.full

  init(trunk: any Trunk, adapter: Adapter?, heads: Heads) {
    (self.trunk, self.adapter, self.heads) = (trunk, adapter, heads)
  }

  var pixelNetwork: PixelLearning? { self }

  func batches(
    of material: LessonMaterial, epochs: Range<Int>, startingAt start: (epoch: Int, batch: Int),
    augmentation: BatchLoader.Augmentation?, on device: Device
  ) -> any LearningBatches {
    let loader = BatchLoader(
      images: material.images, order: material.order, augmentation: augmentation, epochs: epochs, startingAt: start)
    return PixelBatches(loader: loader, shape: material.images.shape, device: device)
  }

  func answers(_ inputs: Tensor, _ outputs: [Int], _ mode: Mode, draws: RandomStream?) throws -> Answers {
    try heads.read(
      trunk.features(inputs, through: adapter, mode, draws: draws, sharing: sharing, precision: precision), outputs,
      mode)
  }

  func sharing(_ batch: any BatchSharing) -> any Learning {
    var learning = self
    learning.sharing = batch
    return learning
  }

  func computing(in precisions: Configuration.Precisions) -> any Learning {
    var learning = self
    learning.precision = trunk.trainableParameters.isEmpty ? precisions.trunk : precisions.training
    return learning
  }
}

private struct PixelBatches: LearningBatches {
  let loader: BatchLoader
  let shape: ImageShape
  let device: Device

  func next() throws -> LearningBatch? {
    try loader.next().map {
      LearningBatch(
        epoch: $0.epoch, number: $0.number, places: $0.places,
        inputs: try Tensor(samples: $0.pixels, count: $0.targets.count, shape: shape, on: device), outputs: $0.targets)
    }
  }
}
