import ResidualNets
import Robustness

extension Configuration.Attack {
  /// The attack with its sizes, as an evaluation takes it.
  /// - Parameter precision: what its search computes in.
  public func planned(searching precision: Precision = .full) -> PlannedAttack {
    let attack = name.attack(efforts)
    return PlannedAttack(precision == .bf16 ? ReducedPrecisionSearch(attack) : attack, norm, epsilons, form: form)
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
