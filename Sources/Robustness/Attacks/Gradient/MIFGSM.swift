import Results
import TorchCore

/// The momentum iterative method (Dong et al. 2018): g ← μ·g + ∇CE/‖∇CE‖₁, x ← Π(x + α·sign g) in L∞ and α·g/‖g‖₂ in
/// L2, from the clean image, α = ε/steps unless said otherwise. Its adversarials transfer better than BIM's.
public struct MIFGSM: Attack {
  /// Gradients taken.
  public var steps: Int
  public var stepSize: StepSize
  /// μ.
  public var decay: Double

  public init(steps: Int, stepSize: StepSize = .perSteps(factor: 1), decay: Double = 1) {
    self.steps = steps
    self.stepSize = stepSize
    self.decay = decay
  }

  public var name: String { AttackKind.miFGSM.rawValue }
  public var usesCleanGradient: Bool { true }
  public func settings(classes: Int) -> String {
    "\(steps) steps of \(stepSize.text) from the clean image, momentum \(decay), loss crossEntropy"
  }

  public func perturb(
    _ batch: AttackBatch, within ball: PerturbationBall, carrying smaller: AttackResult?
  ) throws -> AttackResult {
    try SteppedAscent(steps: steps, stepSize: stepSize, loss: .crossEntropy, decay: decay)
      .climbFromClean(batch, within: ball, carrying: smaller, attack: "MI-FGSM")
  }
}
