import Results
import Robustness

extension Configuration.Adversarial {
  /// The threat model.
  var ball: PerturbationBall {
    get throws { PerturbationBall(norm, try epsilon ?? Rational(norm == .linf ? 8 : 128, over: 255)) }
  }

  /// Nil for none.
  var threat: TrainingAttack? {
    get throws {
      let ball = try ball
      let own = step.map(StepSize.absolute)
      switch method {
      case .none: return nil
      case .fgsmRS:
        // Wong, Rice and Kolter 2020, algorithm 3 with their α.
        return TrainingAttack(
          ascent: GradientAscent(
            ball, start: .uniformBeyondBox, steps: 1, stepSize: own ?? .relative(factor: 1.25)),
          consistency: nil)
      case .pgd:
        return TrainingAttack(
          ascent: GradientAscent(ball, start: .uniform, steps: steps, stepSize: own ?? .perSteps(factor: 2.5)),
          consistency: nil)
      case .trades:
        return TrainingAttack(
          ascent: GradientAscent(
            ball, start: .gaussian(deviation: 1e-3), steps: steps, stepSize: own ?? .perSteps(factor: 2.5)),
          consistency: beta)
      }
    }
  }

  /// Only a single step overfits catastrophically.
  var overfittingCheck: OverfittingCheck? {
    get throws { method == .fgsmRS ? OverfittingCheck(within: try ball) : nil }
  }
}

extension Configuration.Penalty {
  /// Those that weigh anything.
  var terms: [any PenaltyTerm] {
    get throws {
      let radius = try marginRadius ?? Rational(36, over: 255)
      var terms: [any PenaltyTerm] = []
      if inputGradient > 0 { terms.append(InputGradientPenalty(weight: inputGradient)) }
      if lipschitzMargin > 0 { terms.append(LipschitzMarginPenalty(weight: lipschitzMargin, radius: radius.value)) }
      return terms
    }
  }
}

extension Objective {
  init(_ training: Configuration.Training) throws {
    try self.init(
      augmentation: training.augmentation, noise: training.noise, threat: training.adversarial.threat,
      penalties: training.penalty.terms)
  }
}
