import ImageData
import RandomStreams
import ResidualNets
import TorchCore

/// From the features of a frozen trunk, which are computed once for all images of the lesson: a step runs only what
/// stands behind them.
///
/// The features are a pure function of trunk and images, in batches of fixed boundaries, so a lesson that is resumed
/// computes the same ones again.
struct FeatureLearning: Learning {
  let trunk: any Trunk
  let adapter: Adapter?
  let heads: Heads
  private(set) var precision = Precision.full

  init(trunk: any Trunk, adapter: Adapter?, heads: Heads) {
    (self.trunk, self.adapter, self.heads) = (trunk, adapter, heads)
  }

  /// The largest table of features that is kept.
  static let mostBytes = 4 << 30

  func batches(
    of material: LessonMaterial, epochs: Range<Int>, startingAt start: (epoch: Int, batch: Int),
    augmentation: BatchLoader.Augmentation?, on device: Device
  ) throws -> any LearningBatches {
    guard augmentation == nil else { throw Self.augmentationError }
    return FeatureBatches(
      features: try features(of: material.images, on: device), images: material.images, order: material.order,
      epochs: epochs, startingAt: start)
  }

  func answers(_ inputs: Tensor, _ outputs: [Int], _ mode: Mode, draws: RandomStream?) throws -> Answers {
    try heads.read(adapter?.corrected(features: inputs, mode) ?? inputs, outputs, mode)
  }

  func computing(in precisions: Configuration.Precisions) -> any Learning {
    var learning = self
    learning.precision = precisions.trunk
    return learning
  }

  /// N×F of all images, in their order.
  private func features(of images: any LabelledImages, on device: Device) throws -> Tensor {
    try Self.requireRoom(images: images.count, features: trunk.featureCount)
    // Filled in place: joined at the end, the parts would take as much room again.
    let table = try Tensor.zeros([images.count, trunk.featureCount], device: device)
    try FrozenFeatures(trunk, precision, on: device).forEachBatch(of: images) { places, features in
      try table.narrowed(0, from: places.lowerBound, count: places.count).assign(features)
    }
    return table
  }

  /// - Throws: `RunError.unusable` where the features of so many images are not kept.
  static func requireRoom(images: Int, features: Int) throws {
    let bytes = Double(images) * Double(features) * 4
    guard bytes <= Double(mostBytes) else {
      throw RunError.unusable(
        reason: "a side adapter keeps the trunk's features: \(images) images of \(features) features are "
          + "\((bytes / 0x1p30).rounded(.up)) GiB, and at most \(mostBytes >> 30) are kept; network.readout: pooled, a "
          + "smaller network.width or another strategy.adapter.kind needs less")
    }
  }

  /// - Throws: `RunError.unusable` where a side path's norm would have to learn from one image at a time.
  static func requireBatches(of size: Int, _ adapter: AdapterDescription, in network: NetworkDescription) throws {
    guard size > 1 || adapter.hasBudget(in: network) else {
      throw RunError.unusable(
        reason:
          "the batch norm of a side adapter has no variance to learn from in one image: set training.batchSize to 2 "
          + "or more, or give strategy.adapter.budget, which leaves the norm out")
    }
  }

  static let augmentationError = RunError.unusable(
    reason: "a side adapter learns from features that are computed once, so images cannot change from epoch to epoch: "
      + "leave out training.augmentation.padAndCrop, flip and cutout (mixup blends features), or choose another "
      + "strategy.adapter.kind")
}

/// Rows of the table of features, in the order of the images' batches.
private final class FeatureBatches: LearningBatches {
  private let features: Tensor
  private let images: any LabelledImages
  private let order: BatchOrder
  private let lastEpoch: Int
  private var epoch: Int
  private var number: Int
  private var batches: [[Int]] = []

  init(
    features: Tensor, images: any LabelledImages, order: BatchOrder, epochs: Range<Int>,
    startingAt start: (epoch: Int, batch: Int)
  ) {
    (self.features, self.images, self.order) = (features, images, order)
    lastEpoch = epochs.upperBound
    (epoch, number) = start
  }

  func next() throws -> LearningBatch? {
    guard epoch < lastEpoch, order.batchCount > 0 else { return nil }
    if batches.isEmpty { batches = order.batches(epoch: epoch) }
    let places = batches[number]
    defer { advance() }
    return LearningBatch(
      epoch: epoch, number: number, places: places,
      inputs: try features.selecting(0, Tensor(indices: places).to(features.device)),
      outputs: places.map(images.target))
  }

  private func advance() {
    number += 1
    guard number == batches.count else { return }
    (epoch, number, batches) = (epoch + 1, 0, [])
  }
}
