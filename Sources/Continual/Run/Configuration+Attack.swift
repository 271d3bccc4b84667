import Robustness

extension Configuration.Attack {
  /// The attack with its sizes, as an evaluation takes it.
  public var planned: PlannedAttack {
    PlannedAttack(name.attack(efforts), norm, epsilons, form: form)
  }
}

extension Configuration.Spatial {
  /// The attack; nil where nothing is turned or shifted.
  public var attack: SpatialAttack? {
    guard isOn else { return nil }
    return SpatialAttack(SpatialRange(degrees: turns, pixels: shifts), search: .worstOf(draws))
  }

  var isOn: Bool { turns > 0 || shifts > 0 }
}
