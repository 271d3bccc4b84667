import Results
import TensorFiles
import TorchCore

extension BracketRecord {
  /// Certified L2 radii beside the nearest adversarials that ``MinimalEpsilon`` finds, in batches.
  ///
  /// - Parameters:
  ///   - labels: the true classes.
  ///   - radii: one an image; nil where there is no certificate.
  ///   - images: their names.
  ///   - pixels: N×C×H×W in [0, 1] of the images at these places.
  /// - Throws: ``RobustnessError``, `TorchError`, and what `pixels` throws.
  public init(
    task: String, of network: any Classifier, labels: [Int], radii: [Double?], images: [String], soundness: String?,
    batchSize: Int, pixels: (Range<Int>) throws -> Tensor
  ) throws {
    let search = MinimalEpsilon()
    let distances = try labels.indices.batches(of: batchSize).flatMap { places in
      try search.nearest(
        AttackBatch(network, pixels: pixels(places), labels: Array(labels[places])), .l2
      ).distances
    }
    self.init(
      task: task, norm: .l2, attack: search.name, certifiedRadius: radii, attackDistance: distances, images: images,
      soundness: soundness)
  }
}
