import Results

extension Configuration.Evaluation {
  /// The attack with the number of steps that it has here, where it is here.
  func withOwnSteps(_ attack: Configuration.Attack) -> Configuration.Attack {
    var attack = attack
    let present = attacks.first { ($0.name, $0.norm) == (attack.name, attack.norm) }
    attack.steps = present?.steps ?? attack.steps
    return attack
  }

  /// Adds attacks and radii: an attack that is there already gains the sizes it lacks.
  /// - Throws: `RunError.unusable` for an iterative attack that is there with another number of steps: its results would
  ///   stand under the same name.
  mutating func extend(attacks new: [Configuration.Attack], certify radii: [Rational]) throws {
    for attack in new {
      guard let index = attacks.firstIndex(where: { ($0.name, $0.norm) == (attack.name, attack.norm) }) else {
        attacks.append(attack)
        continue
      }
      guard attack.name == .fgsm || attacks[index].steps == attack.steps else {
        throw RunError.unusable(
          reason: "the run has \(attack.name.rawValue) in \(attack.norm.rawValue) with \(attacks[index].steps) steps; "
            + "\(attack.steps) steps would stand under the same name (the attack command takes any)")
      }
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
    guard isCovered, Set(certify).isSuperset(of: other.certify) else { return false }
    (mine.attacks, mine.certify, others.attacks, others.certify) = ([], [], [], [])
    return mine == others
  }
}
