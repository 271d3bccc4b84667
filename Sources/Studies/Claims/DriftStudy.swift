import Foundation
import Lipschitz
import ResidualNets
import Results
import TorchCore

/// E h² and ‖∂h_L/∂h₀‖ as exponentials of depth. Source: Hanin & Rolnick 2018; Zhang et al. 2019.
struct DriftStudy: Study {
  let name = "drift"
  let title = "Activation variance and Jacobian norm drift with depth, and residual networks need the right start"
  let claim = """
    With He initialisation the activation variance and the Jacobian norm of a plain network of more than 100 layers \
    drift exponentially; those of the residual network do not (Hanin & Rolnick 2018 for plain networks, Zhang et al. 2019 \
    for residual ones).
    """
  let method = """
    Untrained MLPs without norm in float64 on test images, several networks per seed. Variance: the mean square of \
    a state over units and images, log₁₀ of it averaged over networks. Jacobian norm: the largest singular value of \
    ∂h_l/∂h₀ from the dense matrix at one image. Both as decades per 100 layers, by least squares over the deeper half of \
    the network, where the first layers' transient has passed; a block has two layers. Residual blocks are \
    h + W₂ φ(W₁ φ(h)), plain ones φ(W₂ φ(W₁ h)).
    """
  let criteria: [StudyCriterion] = [
    "Plain, He: the variance drifts by more than one decade per 100 layers.",
    "Plain, He: the Jacobian norm drifts by more than one decade per 100 layers.",
    "Residual, He: variance and Jacobian norm drift by less than one decade per 100 layers.",
    .check(
      """
      Residual, last layer of each branch zero: variance and Jacobian norm are the same at every depth, bit for bit \
      and to 1e-12.
      """),
  ]
  let conditions = """
    Plain: He initialisation keeps the variance in the mean over infinitely many networks; the typical network's falls \
    by a factor that grows with depth over width, so wide networks drift more slowly (second figure). \
    Residual: with He initialisation throughout, branch and skip add and each block about doubles the variance, 2^L over L \
    blocks, far faster than any plain drift; the claim's second half is false for it. It is true, exactly, when the \
    branches start at zero (zero initialisation, Fixup), and nearly so when they start small: scaled by 1/√L, or \
    normalised inside, where variance grows linearly in depth. All this is the start, before any training.
    """

  @TorchActor func run(_ setting: StudySetting) throws -> StudyOutcome {
    let kinds = Kind.allCases
    var courses: [Kind: [DriftCourse]] = [:]
    for (index, seed) in setting.seeds.enumerated() {
      for (place, kind) in kinds.enumerated() {
        setting.progress(
          kind.rawValue, (Double(index) + Double(place) / Double(kinds.count)) / Double(setting.seeds.count))
        courses[kind, default: []].append(try DriftCourse(kind, setting, setting.stream(seed, "drift")))
      }
    }
    func rates(_ kind: Kind, _ rate: KeyPath<DriftCourse, Double>) -> [Double] {
      courses[kind, default: []].map { $0[keyPath: rate] }
    }
    let atZero = courses[.residualZero, default: []]
    let isConstant = atZero.allSatisfy { course in
      course.variance.allSatisfy { $0 == course.variance[0] } && course.jacobian.allSatisfy { abs($0) <= 1e-12 }
    }
    let widths = setting.choose(
      tiny: [12, 24], quick: [16, 32, 64, 128, 256], full: [16, 32, 64, 128, 256, 512, 1_024])
    let byWidth = try widths.map { width in
      try setting.seeds.map { try DriftCourse(.plain, setting, setting.stream($0, "width"), width: width).varianceRate }
    }
    return StudyOutcome(
      judgements: [
        .above(rates(.plain, \.varianceRate).map(abs), 1, "variance, decades per 100 layers"),
        .above(rates(.plain, \.jacobianRate).map(abs), 1, "Jacobian norm, decades per 100 layers"),
        .all([
          .below(rates(.residual, \.varianceRate).map(abs), 1, "variance, decades per 100 layers"),
          .below(rates(.residual, \.jacobianRate).map(abs), 1, "Jacobian norm, decades per 100 layers"),
        ]),
        Judgement(isConstant, isConstant ? "the same at every depth" : "variance or Jacobian norm change with depth"),
      ],
      findings: kinds.flatMap { kind in
        [
          StudyRecord.Finding(
            name: "\(kind.rawValue), drift of the variance", seeds: rates(kind, \.varianceRate),
            unit: "decades per 100 layers"),
          .init(
            name: "\(kind.rawValue), drift of the Jacobian norm", seeds: rates(kind, \.jacobianRate),
            unit: "decades per 100 layers"),
        ]
      } + [
        .init(
          name: "residual, He, factor of the variance per block",
          seeds: rates(.residual, \.varianceRate).map { pow(10, $0 / 50) }),
        .init(
          name: "residual convolutional network with group norm, He, drift of the variance in the last stage",
          seeds: try setting.seeds.map { try DriftCourse.normalizedRate(setting, setting.stream($0, "norm")) },
          unit: "decades per 100 layers"),
      ],
      figures: [
        Self.figure("Variance by depth", "mean square of the state, decades from the first", courses, \.variance),
        Self.figure("Jacobian norm by depth", "largest singular value, decades", courses, \.jacobian),
        StudyFigure(
          title: "The plain drift slows with width", x: .init("width", .logarithmic),
          y: .init("drift of the variance, decades per 100 layers"),
          series: [
            .init(
              name: "plain, He", points: zip(widths, byWidth).map { .init(x: Double($0), seeds: $1) })
          ]),
      ])
  }

  private static func figure(
    _ title: String, _ axis: String, _ courses: [Kind: [DriftCourse]], _ values: KeyPath<DriftCourse, [Double]>
  ) -> StudyFigure {
    StudyFigure(
      title: title, x: .init("layer"), y: .init(axis),
      series: Kind.allCases.map { kind in
        let own = courses[kind, default: []]
        return .init(
          name: kind.rawValue,
          seedCurves: own.map { course in course[keyPath: values].map { $0 - course[keyPath: values][0] } },
          at: own.first?.layers ?? [])
      })
  }

  /// Networks that start in different ways.
  enum Kind: String, CaseIterable {
    case plain = "plain, He"
    case residual = "residual, He"
    case residualZero = "residual, zero start"
    case residualUniform = "residual, PyTorch's uniform start"
    case residualRoot = "residual, He, branches times 1/√L"

    func description(blocks: Int, width: Int) -> NetworkDescription {
      var description = NetworkDescription(
        architecture: .mlp, depth: blocks, width: width, initialization: .he, norm: .none)
      switch self {
      case .plain: description.block = .plain
      case .residual: break
      case .residualZero: description.initialization = .zero
      case .residualUniform: description.initialization = .automatic
      case .residualRoot:
        description.block = .forwardEuler
        description.dynamics.step = 1 / Double(blocks).squareRoot()
      }
      return description
    }
  }
}
