import Results
import TorchCore

/// The fast gradient sign method (Goodfellow, Shlens and Szegedy 2015): x' = clip(x + ε·sign ∇ₓ CE(f(x), y)).
///
/// In L2 the step is ε·g/‖g‖₂ (Miyato et al. 2017's "fast gradient method"). One gradient serves every ε of a list.
/// Labels are the true ones; predicted labels would give the same figures, because a sample whose two labels differ is
/// misclassified already and counts as a success without a step.
public struct FGSM: Attack {
  public init() {}

  public var name: String { "fgsm" }
  public var usesCleanGradient: Bool { true }
  public func settings(classes: Int) -> String {
    "one step of size ε along the gradient of the cross-entropy, true labels"
  }

  public func perturb(
    _ batch: AttackBatch, within ball: PerturbationBall, carrying smaller: AttackResult?
  ) throws -> AttackResult {
    guard batch.count > 0 else { return .unperturbed(batch) }
    let clean = try batch.cleanGradient(of: .crossEntropy)
    var record = GradientRecord(count: batch.count)
    let attacked = batch.cleanCorrect.indices.filter { batch.cleanCorrect[$0] }
    record.add(clean, rows: Array(0..<batch.count), where: attacked)
    let set = try FeasibleSet(
      ball.norm, around: batch.pixels, radii: Array(repeating: ball.radius, count: batch.count))
    let points = try FGSM.points(batch, clean, set)
    return try .judged(batch, points, ball.norm, record.statistics).overlaying(successesOf: smaller)
  }

  /// Where the single step ends; misclassified samples stay where they are.
  static func points(_ batch: AttackBatch, _ clean: InputGradient, _ set: FeasibleSet) throws -> Tensor {
    let direction = try clean.steepestDirection(set.norm, attack: "fgsm")
    let stepped = try set.project(batch.pixels.addingProduct(direction, set.stepRadii()))
    return try sampleMask(batch.cleanCorrect, like: stepped).select(stepped, batch.pixels)
  }
}
