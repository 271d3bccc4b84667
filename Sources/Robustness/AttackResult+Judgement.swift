import Results
import TorchCore

extension AttackResult {
  /// The clean images as they are.
  static func unperturbed(_ batch: AttackBatch) -> AttackResult {
    AttackResult(
      adversarial: batch.pixels, success: batch.cleanCorrect.map { !$0 }, predictions: batch.cleanPredictions,
      distances: Array(repeating: 0, count: batch.count), gradients: GradientStatistics())
  }

  /// One point a sample, judged by one forward pass over the whole batch. Samples that are misclassified clean must be
  /// there unperturbed.
  static func judged(
    _ batch: AttackBatch, _ points: Tensor, _ norm: PerturbationNorm, _ gradients: GradientStatistics
  ) throws -> AttackResult {
    let verdict = try Judgement(batch.network, points, labels: batch.labels)
    let success = zip(verdict.correct, batch.cleanCorrect).map { !$0 || !$1 }
    let predictions = batch.labels.indices.map {
      batch.cleanCorrect[$0] ? verdict.predictions[$0] : batch.cleanPredictions[$0]
    }
    return AttackResult(
      adversarial: points, success: success, predictions: predictions,
      distances: try Robustness.distances(norm, points, from: batch.pixels), gradients: gradients)
  }
}
