import ImageData
import ResidualNets
import TorchCore

/// What a task leaves of its training images for the inference of the task: per class the mean of the frozen trunk's
/// features, not corrected by any adapter, and how they scatter around it.
///
/// All tasks are looked at in the same F features. It is computed once, when the task is learned, from its images as
/// they are, and stored with the task.
final class FeatureStatistics: Module {
  /// K×F, float64.
  let means: Buffer
  /// Σ over images of (f − μ)(f − μ)ᵀ, μ the mean of the image's class: F×F, or its diagonal (F) where F is above
  /// ``mostCovariances``; float64.
  let scatter: Buffer
  /// K, float64: images of each class.
  let counts: Buffer

  /// Features up to which all covariances are kept.
  static let mostCovariances = 1024

  /// Room for the statistics of K classes.
  init(classes: Int, features: Int) throws {
    means = try Buffer(Tensor.zeros([classes, features], dtype: .float64))
    let shape = features <= Self.mostCovariances ? [features, features] : [features]
    scatter = try Buffer(Tensor.zeros(shape, dtype: .float64))
    counts = try Buffer(Tensor.zeros([classes], dtype: .float64))
  }

  /// Takes the statistics of images, of which the target is the class.
  func measure(_ images: any LabelledImages, through features: FrozenFeatures) throws {
    try measure { body in
      try features.forEachBatch(of: images) { try body($1.to(.float64), $0.map(images.target)) }
    }
  }

  /// The same of features that are given batch by batch.
  /// - Parameter forEachBatch: calls its argument with features N×F, float64, and classes, batch after batch.
  func measure(_ forEachBatch: ((Tensor, [Int]) throws -> Void) throws -> Void) throws {
    try withoutGradients {
      let sums = ClassSums(sums: try means.value.zerosLike(), counts: try counts.value.zerosLike())
      try forEachBatch { try sums.add($0, $1) }
      try counts.value.assign(sums.counts)
      try means.value.assign(sums.means)
      // A second pass, since sums of squares less squares of sums lose their digits.
      let total = try scatter.value.zerosLike()
      try forEachBatch { f, targets in
        let d = try f - means.value.selecting(0, Tensor(indices: targets).to(f.device))
        try total.assign(total + (isFull ? d.transposed().matmul(d) : d.squared().sum([0])))
      }
      try scatter.value.assign(total)
    }
  }

  /// Whether all covariances are there.
  var isFull: Bool { scatter.value.rank == 2 }

  /// Images less classes.
  var degreesOfFreedom: Double { get throws { try counts.value.sum().item() - Double(counts.value.count) } }

  func visit(_ members: inout Members) {
    members.buffer("means", means)
    members.buffer("scatter", scatter)
    members.buffer("counts", counts)
  }
}
