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
  /// Every size that is certified.
  var certifiedSizes: [PerturbationBall] {
    certify.map { PerturbationBall(.l2, $0) } + certification.linf.map { PerturbationBall(.linf, $0) }
  }

  /// The ball that the audit is about, with attacks of its own: that of the first attack with steps at its largest
  /// size, else of the first attack, else L∞ 8/255.
  func auditedBall() throws -> PerturbationBall {
    guard let attack = attacks.first(where: { $0.steps != nil }) ?? attacks.first, let largest = attack.epsilons.last
    else { return PerturbationBall(.linf, try Rational("8/255")) }
    return PerturbationBall(attack.norm, largest)
  }

  /// Adds what is to be measured besides, and takes over what else is set: an attack that is there already gains the
  /// sizes it lacks, corruptions the kinds and severities.
  /// - Throws: `RunError.unusable` for what is there with other settings: its results would stand under the same name.
  mutating func extend(_ additions: EvaluationAdditions) throws {
    try extend(attacks: additions.attacks)
    certify = Set(certify + additions.certify).sorted()
    certification.linf = Set(certification.linf + additions.certifyLinf).sorted()
    certification.local = additions.local ?? certification.local
    smoothing = additions.smoothing ?? smoothing
    audit = additions.audit ?? audit
    if let more = additions.corruptions { try corruptions.extend(more) }
    if let moves = additions.spatial { try spatial.extend(moves) }
  }

  private mutating func extend(attacks new: [Configuration.Attack]) throws {
    for attack in new {
      guard let index = attacks.firstIndex(where: { $0.isSameKind(as: attack) }) else {
        attacks.append(attack)
        continue
      }
      try attacks[index].requireSameEfforts(as: attack)
      attacks[index].epsilons = Set(attacks[index].epsilons + attack.epsilons).sorted()
    }
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
      Set(certification.linf).isSuperset(of: other.certification.linf), corruptions.cover(other.corruptions),
      spatial.covers(other.spatial),
      levels.firstIndex(of: audit) ?? 0 >= levels.firstIndex(of: other.audit) ?? 0
    else { return false }
    mine.audit = other.audit
    (mine.attacks, mine.certify, others.attacks, others.certify) = ([], [], [], [])
    (mine.certification.linf, others.certification.linf) = ([], [])
    if other.smoothing.sigma == 0 { mine.smoothing = other.smoothing }
    (mine.corruptions, mine.spatial) = (other.corruptions, other.spatial)
    return mine == others
  }
}
