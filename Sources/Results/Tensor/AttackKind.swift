/// Every attack by the name that options, configurations and results use, and what a reader is told of it.
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

  /// As headings show it.
  public var title: String {
    switch self {
    case .pgdTargeted: "PGD, targeted"
    case .deepFool: "DeepFool"
    case .carliniWagner: "C&W"
    case .square: "Square"
    case .hopSkipJump: "HopSkipJump"
    case .minimalEpsilon: "minimal ε"
    case .auto: "AutoAttack"
    case .fgsm, .rFGSM, .bim, .miFGSM, .pgd, .apgdCE, .apgdDLR, .apgdTargeted, .fab, .fabTargeted: rawValue.uppercased()
    }
  }

  /// What it does, in a few words.
  public var summary: String {
    switch self {
    case .fgsm: "one step along the sign of the gradient, true labels"
    case .rFGSM: "a random step of half the size, then one along the gradient"
    case .bim: "FGSM in small steps"
    case .miFGSM: "the same with momentum; transfers better"
    case .pgd: "projected gradient descent, the first start at FGSM's point, others at random ones"
    case .pgdTargeted: "PGD toward each of the likeliest wrong classes"
    case .apgdCE: "auto-PGD on the cross-entropy: the step size follows the progress"
    case .apgdDLR: "auto-PGD on the difference of logits ratio"
    case .apgdTargeted: "auto-PGD toward each of the likeliest wrong classes"
    case .deepFool: "the nearest boundary of the network's linear form, again and again"
    case .carliniWagner: "the nearest adversarial by weighing distance against the margin"
    case .fab: "fast adaptive boundary: the nearest adversarial by projections to linear boundaries"
    case .fabTargeted: "FAB toward each of the likeliest wrong classes"
    case .minimalEpsilon: "the nearest adversarial that PGD finds, by bisection of the radius"
    case .square: "random search with squares, by the logits alone"
    case .hopSkipJump: "a walk along the boundary, by the labels alone"
    case .auto: "AutoAttack: apgd-ce, apgd-t, fab-t and square, each on what the ones before it left"
    }
  }

  /// Who described it; empty where it is a plain combination.
  public var source: String {
    switch self {
    case .fgsm: "Goodfellow et al. 2015"
    case .rFGSM: "Tramèr et al. 2018"
    case .bim: "Kurakin et al. 2017"
    case .miFGSM: "Dong et al. 2018"
    case .pgd: "Madry et al. 2018"
    case .pgdTargeted: "Gowal et al. 2019"
    case .apgdCE, .apgdDLR, .apgdTargeted, .fab, .fabTargeted, .auto: "Croce & Hein 2020"
    case .deepFool: "Moosavi-Dezfooli et al. 2016"
    case .carliniWagner: "Carlini & Wagner 2017"
    case .minimalEpsilon: ""
    case .square: "Andriushchenko et al. 2020"
    case .hopSkipJump: "Chen et al. 2020"
    }
  }

  /// Those that a headline is made of, the one to be preferred first.
  public static let headliners: [AttackKind] = [.auto, .apgdTargeted, .apgdCE, .apgdDLR, .pgdTargeted, .pgd]
}
