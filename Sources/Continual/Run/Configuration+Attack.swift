import Robustness

extension Configuration.Attack {
  /// The attack with its sizes, as an evaluation takes it.
  public var planned: PlannedAttack {
    PlannedAttack(name.attack(efforts), norm, epsilons, form: form)
  }
}
