import Results

/// Every attack by the name that options, configurations and reports use.
public enum AttackKind: String, Sendable, Hashable, Codable, CaseIterable {
  case fgsm
  case rFGSM = "r-fgsm"
  case bim
  case miFGSM = "mi-fgsm"
  case pgd
  case pgdTargeted = "pgd-targeted"
  case apgdCE = "apgd-ce"
  case apgdDLR = "apgd-dlr"
  case apgdTargeted = "apgd-t"
  case deepFool = "deepfool"
  case carliniWagner = "cw"
  case fab
  case fabTargeted = "fab-t"
  case minimalEpsilon = "minimal-epsilon"
  case square
  case hopSkipJump = "hop-skip-jump"
  case auto

  /// What of an attack's effort the user may set.
  public enum Effort: String, Sendable, Hashable, CaseIterable {
    /// Iterations of a start.
    case steps
    /// Starts.
    case restarts
    /// Forward passes an image.
    case queries

    /// Fewer leave nothing to look with: some forward passes are kept for verdicts.
    public var least: Int { self == .queries ? 4 : 1 }
  }

  /// How much of everything an attack may spend; only what the kind has an effort for counts.
  public struct Efforts: Sendable, Hashable, Codable {
    private var values: [String: Int] = [:]

    /// - Parameters: nil leaves it open.
    public init(steps: Int? = nil, restarts: Int? = nil, queries: Int? = nil) {
      self[.steps] = steps
      self[.restarts] = restarts
      self[.queries] = queries
    }

    public subscript(effort: Effort) -> Int? {
      get { values[effort.rawValue] }
      set { values[effort.rawValue] = newValue }
    }
  }

  /// What there is to set of this kind: as given, else its default.
  public func efforts(_ given: Efforts) -> Efforts {
    var efforts = Efforts()
    for (effort, standard) in self.efforts { efforts[effort] = given[effort] ?? standard }
    return efforts
  }

  /// The norms that it has a form for.
  public var norms: [PerturbationNorm] {
    switch self {
    case .fgsm, .rFGSM, .bim, .miFGSM, .pgd, .pgdTargeted, .apgdCE, .apgdDLR, .apgdTargeted, .fab, .fabTargeted,
      .minimalEpsilon, .auto:
      [.linf, .l2, .l1]
    case .deepFool, .square, .hopSkipJump: [.linf, .l2]
    case .carliniWagner: [.l2]
    }
  }

  /// What may be set, with its default.
  public var efforts: [(effort: Effort, standard: Int)] {
    switch self {
    case .fgsm, .rFGSM: []
    case .bim, .miFGSM: [(.steps, 10)]
    case .pgd: [(.steps, 10), (.restarts, 1)]
    case .pgdTargeted: [(.steps, 10), (.restarts, 1)]
    case .apgdCE, .apgdDLR, .apgdTargeted, .fab, .fabTargeted: [(.steps, 100), (.restarts, 1)]
    case .deepFool: [(.steps, 50)]
    case .carliniWagner: [(.steps, 1000)]
    case .minimalEpsilon: [(.steps, 20)]
    case .square, .hopSkipJump: [(.queries, 5000)]
    case .auto: [(.steps, 100), (.queries, 5000)]
    }
  }

  /// Targets of targeted forms: the likeliest wrong classes, of AutoAttack's number at most.
  static let targetCount = 9

  /// The attack with these efforts; what is left open has its default.
  public func attack(_ given: Efforts = Efforts()) -> any Attack {
    let efforts = efforts(given)
    let (steps, restarts, queries) = (efforts[.steps] ?? 0, efforts[.restarts] ?? 0, efforts[.queries] ?? 0)
    return switch self {
    case .fgsm: FGSM()
    case .rFGSM: RFGSM()
    case .bim: BIM(steps: steps)
    case .miFGSM: MIFGSM(steps: steps)
    case .pgd: PGD(steps: steps, restarts: restarts)
    case .pgdTargeted:
      PGD(steps: steps, restarts: restarts, loss: .logitMargin, targets: Self.targetCount)
    case .apgdCE: APGD(loss: .crossEntropy, steps: steps, restarts: restarts)
    case .apgdDLR: APGD(loss: .dlr, steps: steps, restarts: restarts)
    case .apgdTargeted:
      APGD.targeted(steps: steps, restarts: restarts, targets: Self.targetCount)
    case .deepFool: DeepFool(steps: steps)
    case .carliniWagner: CarliniWagner(steps: steps)
    case .fab: FAB(steps: steps, restarts: restarts)
    case .fabTargeted: FAB(steps: steps, restarts: restarts, targets: Self.targetCount)
    case .square: Square(queries: queries)
    case .hopSkipJump: HopSkipJump(queries: queries)
    case .auto: AutoAttack(steps: steps, queries: queries)
    case .minimalEpsilon: MinimalEpsilon(pgd: PGD(steps: steps, loss: .logitMargin))
    }
  }

  /// In a few words, for a list of attacks.
  public var summary: String {
    switch self {
    case .fgsm: "one step along the sign of the gradient"
    case .rFGSM: "a random step of half the size, then one along the gradient"
    case .bim: "FGSM in small steps"
    case .miFGSM: "the same with momentum; transfers better"
    case .pgd: "projected gradient descent, the first start at FGSM's point, others at random ones"
    case .pgdTargeted: "PGD toward each of the likeliest wrong classes"
    case .apgdCE: "auto-PGD on the cross-entropy: the step size follows the progress"
    case .apgdDLR: "auto-PGD on the difference of logits ratio"
    case .apgdTargeted: "auto-PGD toward each of the likeliest wrong classes"
    case .deepFool: "the nearest boundary of the network's linear form, again and again"
    case .carliniWagner: "Carlini and Wagner: the nearest adversarial by weighing distance against the margin"
    case .fab: "fast adaptive boundary: the nearest adversarial by projections to linear boundaries"
    case .fabTargeted: "FAB toward each of the likeliest wrong classes"
    case .square: "random search with squares, by the logits alone"
    case .hopSkipJump: "a walk along the boundary, by the labels alone"
    case .auto: "AutoAttack: apgd-ce, apgd-t, fab-t and square, each on what the ones before it left"
    case .minimalEpsilon: "the nearest adversarial that PGD finds, by bisection of the radius"
    }
  }
}
