import Results
import TorchCore

/// The fast gradient sign method (Goodfellow, Shlens and Szegedy 2015): x' = clip(x + ε·sign ∇ₓ CE(f(x), y)).
///
/// In L2 the step is ε·g/‖g‖₂ (Miyato et al. 2017's "fast gradient method"); in L1 it spends ε on the pixels of the
/// largest gradients, each as far as the box allows, which is the best that a linear network admits. One gradient
/// serves every ε of a list. Toward targets the step descends their cross-entropy. Otherwise labels are the true ones;
/// predicted labels would give the same figures, because a sample whose two labels differ is misclassified already and
/// counts as a success without a step.
public struct FGSM: Attack {
  public init() {}

  public var name: String { AttackKind.fgsm.rawValue }
  public var usesCleanGradient: Bool { true }
  public func settings(classes: Int) -> String {
    "one step of size ε along the gradient of the cross-entropy, true labels"
  }

  public func perturb(
    _ batch: AttackBatch, within ball: PerturbationBall, carrying smaller: AttackResult?
  ) throws -> AttackResult {
    guard batch.count > 0 else { return .unperturbed(batch) }
    let live = batch.openRows(besides: smaller?.success)
    guard !live.isEmpty else { return try AttackResult.unperturbed(batch).overlaying(successesOf: smaller) }
    let clean = try batch.cleanGradient(of: .crossEntropy)
    var effort = SearchEffort(count: batch.count)
    effort.add(clean, rows: Array(0..<batch.count), where: live)
    let set = try FeasibleSet(ball, around: batch.pixels)
    return try .judged(batch, FGSM.points(batch, clean, set), ball.norm, effort).overlaying(successesOf: smaller)
  }

  /// Where the single step ends; samples that are not open to attack stay where they are.
  static func points(_ batch: AttackBatch, _ clean: InputGradient, _ set: FeasibleSet) throws -> Tensor {
    let stepped = try set.singleStep(clean)
    return try sampleMask(batch.isOpen, like: stepped).select(stepped, batch.pixels)
  }
}
