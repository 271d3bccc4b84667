import Results
import Robustness

extension Configuration.Attack {
  /// Whether its results would stand under the same name.
  func isSameKind(as other: Self) -> Bool { (name, norm) == (other.name, other.norm) }

  /// - Throws: `RunError.unusable`, naming what differs.
  fileprivate func requireSameEfforts(as other: Self) throws {
    let own = "the run has \(name.rawValue) in \(norm.rawValue)"
    for (effort, standard) in name.efforts where efforts[effort] != other.efforts[effort] {
      let (mine, asked) = (efforts[effort] ?? standard, other.efforts[effort] ?? standard)
      throw RunError.unusable(
        reason: "\(own) with \(mine) \(effort.rawValue); \(asked) \(effort.rawValue) would stand under the same name "
          + "(the attack command takes any)")
    }
    guard form == other.form else {
      throw RunError.unusable(reason: "\(own) as a curve of the form \(form.rawValue), not \(other.form.rawValue)")
    }
  }
}

extension Configuration.Evaluation {
  /// The ball that the audit is about, with attacks of its own: that of the first attack with steps at its largest size,
  /// else of the first attack, else L∞ 8/255.
  func auditedBall() throws -> PerturbationBall {
    guard let attack = attacks.first(where: { $0.steps != nil }) ?? attacks.first, let largest = attack.epsilons.last
    else { return PerturbationBall(.linf, try Rational("8/255")) }
    return PerturbationBall(attack.norm, largest)
  }

  /// The attack with the efforts and the form that it has here, where it is here.
  func withOwnEfforts(_ attack: Configuration.Attack) -> Configuration.Attack {
    guard var present = attacks.first(where: { $0.isSameKind(as: attack) }) else { return attack }
    present.epsilons = attack.epsilons
    return present
  }

  /// Adds attacks and radii: an attack that is there already gains the sizes it lacks.
  /// - Throws: `RunError.unusable` for an attack that is there with other efforts: its results would stand under the same
  ///   name.
  mutating func extend(attacks new: [Configuration.Attack], certify radii: [Rational]) throws {
    for attack in new {
      guard let index = attacks.firstIndex(where: { $0.isSameKind(as: attack) }) else {
        attacks.append(attack)
        continue
      }
      try attacks[index].requireSameEfforts(as: attack)
      attacks[index].epsilons = Set(attacks[index].epsilons + attack.epsilons).sorted()
    }
    certify = Set(certify + radii).sorted()
  }

  /// Whether it measures all that another one does, in the same way.
  func covers(_ other: Self) -> Bool {
    var (mine, others) = (self, other)
    let isCovered = other.attacks.allSatisfy { wanted in
      attacks.contains { attack in
        var attack = attack
        guard Set(attack.epsilons).isSuperset(of: wanted.epsilons) else { return false }
        attack.epsilons = wanted.epsilons
        return attack == wanted
      }
    }
    let levels = AuditPlan.Level.allCases
    guard isCovered, Set(certify).isSuperset(of: other.certify),
      levels.firstIndex(of: audit) ?? 0 >= levels.firstIndex(of: other.audit) ?? 0
    else { return false }
    mine.audit = other.audit
    (mine.attacks, mine.certify, others.attacks, others.certify) = ([], [], [], [])
    return mine == others
  }
}
