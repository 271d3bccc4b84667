import Results
import TorchCore

extension AttackResult {
  /// The clean images as they are.
  static func unperturbed(_ batch: AttackBatch) -> AttackResult {
    AttackResult(
      adversarial: batch.pixels, raw: batch.pixels, success: batch.cleanReached, predictions: batch.cleanPredictions,
      distances: Array(repeating: 0, count: batch.count), effort: SearchEffort(count: batch.count))
  }

  /// One point a sample, judged by one forward pass over the whole batch. Samples that are not open to attack must be
  /// there unperturbed.
  static func judged(
    _ batch: AttackBatch, _ points: Tensor, _ norm: PerturbationNorm, _ effort: SearchEffort
  ) throws -> AttackResult {
    let verdict = try Judgement(batch.network, points, labels: batch.labels, goal: batch.goal)
    let success = batch.labels.indices.map { batch.isOpen[$0] ? verdict.reached[$0] : batch.cleanReached[$0] }
    let predictions = batch.labels.indices.map {
      batch.isOpen[$0] ? verdict.predictions[$0] : batch.cleanPredictions[$0]
    }
    return AttackResult(
      adversarial: points, raw: points, success: success, predictions: predictions,
      distances: try Robustness.distances(norm, points, from: batch.pixels), effort: effort.withVerdict)
  }
}
