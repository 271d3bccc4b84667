import TorchCore

/// What an attack achieved on a batch within one ball.
public struct AttackResult {
  /// N×C×H×W, fp32, inside the ball and the box; of a sample that withstood, the point of highest loss that was found.
  public var adversarial: Tensor
  /// Where the search itself ended, before any projection to the ball: another point than ``adversarial`` only for
  /// attacks that look for the nearest adversarial, whatever the ball.
  public var raw: Tensor
  /// Whether the label of ``adversarial``, by the network in fp32, is what the batch's goal wants. An image that
  /// reaches the goal clean is a success with itself as the adversarial.
  public var success: [Bool]
  /// The label of ``adversarial``.
  public var predictions: [Int]
  /// The norm of the perturbation, evaluated in fp64.
  public var distances: [Double]
  /// What all of it cost.
  var effort: SearchEffort
  /// Samples that a search in bfloat16 took for fooled and the network itself did not: they were searched again. Nil of a
  /// search in fp32.
  public var refuted: Int?

  public var count: Int { success.count }
  public var gradients: GradientStatistics { effort.statistics }
  /// Forward passes spent on each sample, with and without a gradient; what the shared clean pass computed counts where
  /// it was used.
  public var queries: [Int] { effort.queries }

  /// Puts the successes of an earlier result, at this ε or a smaller one, in the place of what was found here.
  func overlaying(successesOf earlier: AttackResult?) throws -> AttackResult {
    guard let earlier, earlier.success.contains(true) else { return self }
    try RobustnessError.requireEqual("samples carried along", earlier.count, count)
    return try taking(earlier.success, from: earlier)
  }

  /// With some samples as another result has them.
  func taking(_ chosen: [Bool], from other: AttackResult) throws -> AttackResult {
    guard chosen.contains(true) else { return self }
    var merged = self
    let mask = try sampleMask(chosen, like: adversarial)
    merged.adversarial = try mask.select(other.adversarial, adversarial)
    merged.raw = try mask.select(other.raw, raw)
    for sample in chosen.indices where chosen[sample] {
      merged.success[sample] = other.success[sample]
      merged.predictions[sample] = other.predictions[sample]
      merged.distances[sample] = other.distances[sample]
    }
    return merged
  }

  /// What was spent here and earlier on the same batch, together.
  func adding(effortOf earlier: AttackResult) -> AttackResult {
    var sum = self
    sum.effort = effort + earlier.effort
    if let more = earlier.refuted { sum.refuted = (refuted ?? 0) + more }
    return sum
  }
}
