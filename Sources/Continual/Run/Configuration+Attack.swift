import Robustness

extension Configuration.Attack {
  /// The attack with its sizes, as an evaluation takes it.
  public var planned: PlannedAttack {
    var efforts = AttackKind.Efforts()
    for (effort, value) in self.efforts { efforts[effort] = value }
    return PlannedAttack(name.attack(efforts), norm, epsilons, form: form)
  }
}
