import TorchCore

/// What an attack achieved on a batch within one ball.
public struct AttackResult {
  /// N×C×H×W, fp32, inside the ball and the box; of a sample that withstood, the point of highest loss that was found.
  public var adversarial: Tensor
  /// Whether the network, in fp32, gives ``adversarial`` a wrong label. An image that is misclassified clean is a
  /// success with itself as the adversarial.
  public var success: [Bool]
  /// The label of ``adversarial``.
  public var predictions: [Int]
  /// The norm of the perturbation, evaluated in fp64.
  public var distances: [Double]
  public var gradients: GradientStatistics

  public var count: Int { success.count }

  /// Puts the successes of an earlier result, at this ε or a smaller one, in the place of what was found here.
  func overlaying(successesOf earlier: AttackResult?) throws -> AttackResult {
    guard let earlier, earlier.success.contains(true) else { return self }
    try RobustnessError.requireEqual("samples carried along", earlier.count, count)
    var merged = self
    merged.adversarial = try sampleMask(earlier.success, like: adversarial).select(earlier.adversarial, adversarial)
    for sample in earlier.success.indices where earlier.success[sample] {
      merged.success[sample] = true
      merged.predictions[sample] = earlier.predictions[sample]
      merged.distances[sample] = earlier.distances[sample]
    }
    return merged
  }
}
