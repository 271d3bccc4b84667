import ImageData
import ResidualNets
import Results
import Robustness
import TorchCore

/// What a network answers in bfloat16 beside fp32, on all test images of its task.
struct ReducedAnswers {
  let batchSize: Int
  /// Called before each batch.
  let stopIfAsked: () throws -> Void

  /// - Throws: `RobustnessError.invalidSetting` for a network that bfloat16 does not compute, what `stopIfAsked` throws,
  ///   `DataError`, `TorchError`.
  func record(_ network: DeployedNetwork, _ benchmark: TaskBenchmark) throws -> PrecisionRecord {
    let reduced = try ReducedPrecision(network)
    var (exactRight, reducedRight, changed): ([Bool], [Bool], Int) = ([], [], 0)
    var (difference, largest) = (0.0, 0.0)
    try withoutGradients {
      for places in (0..<benchmark.count).batches(of: batchSize) {
        try stopIfAsked()
        let pixels = try benchmark.pixels(places)
        let (exact, other) = try (network.logits(pixels), reduced.logits(pixels))
        let (answers, others) = try (exact.argmax(1).integers(), other.argmax(1).integers())
        exactRight += zip(answers, benchmark.targets[places]).map { $0 == $1 }
        reducedRight += zip(others, benchmark.targets[places]).map { $0 == $1 }
        changed += zip(answers, others).count { $0 != $1 }
        difference = max(difference, try (exact - other).abs().max().item())
        largest = max(largest, try exact.abs().max().item())
      }
    }
    return PrecisionRecord(
      task: benchmark.task.name, exact: Tally(exactRight), reduced: Tally(reducedRight), changed: changed,
      largestDifference: difference, largestLogit: largest)
  }
}
