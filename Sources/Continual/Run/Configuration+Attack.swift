import Robustness

extension Configuration.Attack {
  /// The attack with its sizes, as an evaluation takes it.
  public var planned: PlannedAttack {
    switch name {
    case .fgsm: PlannedAttack(FGSM(), norm, epsilons)
    case .pgd: PlannedAttack(PGD(steps: steps), norm, epsilons)
    }
  }
}
