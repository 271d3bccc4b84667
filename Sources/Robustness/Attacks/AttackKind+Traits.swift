import Results

extension AttackKind {
  /// Targets of targeted forms: the likeliest wrong classes, of AutoAttack's number at most.
  static let targetCount = 9

  /// What an attack can be asked for, and how it is made.
  struct Traits {
    /// The norms that it has a form for.
    var norms: [PerturbationNorm] = [.linf, .l2, .l1]
    /// What may be set, with its default.
    var efforts: [(effort: Effort, standard: Int)] = []
    let make: (Spending) -> any Attack
  }

  /// What an attack is made with: 0 where its kind has nothing to set.
  struct Spending {
    let steps, restarts, queries: Int
  }

  /// The norms that it has a form for.
  public var norms: [PerturbationNorm] { traits.norms }

  /// What may be set, with its default.
  public var efforts: [(effort: Effort, standard: Int)] { traits.efforts }

  /// What there is to set of this kind: as given, else its default.
  public func efforts(_ given: Efforts) -> Efforts {
    var chosen = Efforts()
    for (effort, standard) in efforts { chosen[effort] = given[effort] ?? standard }
    return chosen
  }

  /// The attack with these efforts; what is left open has its default.
  public func attack(_ given: Efforts = Efforts()) -> any Attack {
    let efforts = efforts(given)
    return traits.make(
      Spending(steps: efforts[.steps] ?? 0, restarts: efforts[.restarts] ?? 0, queries: efforts[.queries] ?? 0))
  }

  /// - Throws: ``RobustnessError/unsupportedNorm(attack:norm:)``.
  func requireForm(_ norm: PerturbationNorm) throws {
    guard norms.contains(norm) else { throw RobustnessError.unsupportedNorm(attack: title, norm: norm) }
  }

  /// The one table of attacks.
  var traits: Traits {
    switch self {
    case .fgsm:
      Traits() { _ in FGSM() }
    case .rFGSM:
      Traits() { _ in RFGSM() }
    case .bim:
      Traits(efforts: [(.steps, 10)]) { BIM(steps: $0.steps) }
    case .miFGSM:
      Traits(efforts: [(.steps, 10)]) { MIFGSM(steps: $0.steps) }
    case .pgd:
      Traits(
        efforts: [(.steps, 10), (.restarts, 1)]
      ) { PGD(steps: $0.steps, restarts: $0.restarts) }
    case .pgdTargeted:
      Traits(efforts: [(.steps, 10), (.restarts, 1)]) {
        PGD(steps: $0.steps, restarts: $0.restarts, loss: .logitMargin, targets: Self.targetCount)
      }
    case .apgdCE:
      Traits(
        efforts: [(.steps, 100), (.restarts, 1)]
      ) { APGD(loss: .crossEntropy, steps: $0.steps, restarts: $0.restarts) }
    case .apgdDLR:
      Traits(efforts: [(.steps, 100), (.restarts, 1)]) {
        APGD(loss: .dlr, steps: $0.steps, restarts: $0.restarts)
      }
    case .apgdTargeted:
      Traits(efforts: [(.steps, 100), (.restarts, 1)]) {
        APGD.targeted(steps: $0.steps, restarts: $0.restarts, targets: Self.targetCount)
      }
    case .deepFool:
      Traits(
        norms: [.linf, .l2],
        efforts: [(.steps, 50)]
      ) { DeepFool(steps: $0.steps) }
    case .carliniWagner:
      Traits(
        norms: [.l2],
        efforts: [(.steps, 1000)]
      ) { CarliniWagner(steps: $0.steps) }
    case .fab:
      Traits(
        efforts: [(.steps, 100), (.restarts, 1)]
      ) { FAB(steps: $0.steps, restarts: $0.restarts) }
    case .fabTargeted:
      Traits(efforts: [(.steps, 100), (.restarts, 1)]) {
        FAB(steps: $0.steps, restarts: $0.restarts, targets: Self.targetCount)
      }
    case .minimalEpsilon:
      Traits(
        efforts: [(.steps, 20)]
      ) { MinimalEpsilon(pgd: PGD(steps: $0.steps, loss: .logitMargin)) }
    case .square:
      Traits(
        norms: [.linf, .l2], efforts: [(.queries, 5000)]
      ) { Square(queries: $0.queries) }
    case .hopSkipJump:
      Traits(
        norms: [.linf, .l2], efforts: [(.queries, 5000)]
      ) { HopSkipJump(queries: $0.queries) }
    case .auto:
      Traits(
        efforts: [(.steps, 100), (.queries, 5000)]
      ) { AutoAttack(steps: $0.steps, queries: $0.queries) }
    }
  }
}
