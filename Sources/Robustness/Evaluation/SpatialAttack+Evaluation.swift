import RandomStreams
import TensorFiles
import TorchCore

extension SpatialAttack {
  /// Which images of a list stay right, in batches, and how many forward passes each costs.
  ///
  /// - Parameters:
  ///   - labels, indices, pixels: as in ``Evaluation/run(labels:indices:pixels:progress:isCancelled:journal:)``.
  ///   - progress: called with the number of images done before each batch.
  /// - Throws: ``RobustnessError`` (`cancelled` where `isCancelled` said so), `TorchError`, and what `pixels` throws.
  public func evaluate(
    _ network: any Classifier, labels: [Int], indices: [Int], batchSize: Int, stream: RandomStream,
    pixels: (Range<Int>) throws -> Tensor, progress: (Int) -> Void, isCancelled: () -> Bool
  ) throws -> (correct: [Bool], queries: [Int]) {
    var (correct, queries) = ([Bool](), [Int]())
    for places in labels.indices.batches(of: batchSize) {
      if isCancelled() { throw RobustnessError.cancelled(evaluated: places.lowerBound, of: labels.count) }
      progress(places.lowerBound)
      let batch = try AttackBatch(
        network, pixels: pixels(places), labels: Array(labels[places]),
        streams: places.map { stream.stream(indices[$0]) }, preparingGradient: false)
      let result = try perturb(batch)
      correct += result.success.map { !$0 }
      queries += result.queries
    }
    return (correct, queries)
  }
}
