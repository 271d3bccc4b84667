import Results
import TorchCore

/// The basic iterative method (Kurakin, Goodfellow and Bengio 2017): FGSM in small steps from the clean image,
/// x ← Π(x + α·sign ∇CE), α = ε/steps unless said otherwise.
public struct BIM: Attack {
  /// Gradients taken.
  public var steps: Int
  public var stepSize: StepSize

  public init(steps: Int, stepSize: StepSize = .perSteps(factor: 1)) {
    self.steps = steps
    self.stepSize = stepSize
  }

  public var name: String { AttackKind.bim.rawValue }
  public var usesCleanGradient: Bool { true }
  public func settings(classes: Int) -> String {
    "\(steps) steps of \(stepSize.text) from the clean image, loss crossEntropy"
  }

  public func perturb(
    _ batch: AttackBatch, within ball: PerturbationBall, carrying smaller: AttackResult?
  ) throws -> AttackResult {
    try SteppedAscent(steps: steps, stepSize: stepSize, loss: .crossEntropy)
      .climbFromClean(batch, within: ball, carrying: smaller, attack: "BIM")
  }
}
