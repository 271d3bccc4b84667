import Distributed
import RandomStreams
import TensorFiles
import TorchCore

extension SpatialAttack {
  /// Which images of a list stay right, in batches, and how many forward passes each costs.
  ///
  /// - Parameters:
  ///   - labels, indices, pixels: as in ``Evaluation/run(labels:indices:pixels:progress:stopIfAsked:journal:over:)``.
  ///   - progress, ranks: likewise.
  ///   - stopIfAsked: called before every batch; what it throws ends the evaluation.
  /// - Throws: ``RobustnessError``, `TorchError`, `DistributedError`, and what `pixels` and `stopIfAsked` throw.
  public func evaluate(
    _ network: any Classifier, labels: [Int], indices: [Int], batchSize: Int, stream: RandomStream,
    pixels: (Range<Int>) throws -> Tensor, progress: (Int) -> Void = { _ in },
    stopIfAsked: () throws -> Void = {}, over ranks: Communicator = .single
  ) throws -> (correct: [Bool], queries: [Int]) {
    let batches = labels.indices.batches(of: batchSize)
    var done = 0
    let found = try ranks.queue(
      count: batches.count,
      work: { number in
        let places = batches[number]
        try stopIfAsked()
        let batch = try AttackBatch(
          network, pixels: pixels(places), labels: Array(labels[places]),
          streams: places.map { stream.stream(indices[$0]) }, preparingGradient: false)
        let result = try perturb(batch)
        return MovedBatch(correct: result.success.map { !$0 }, queries: result.queries)
      },
      arrived: { number, _ in
        done += batches[number].count
        progress(done)
      })
    return (found.flatMap(\.correct), found.flatMap(\.queries))
  }
}

/// What a batch gave.
private struct MovedBatch: Codable {
  var correct: [Bool]
  var queries: [Int]
}
