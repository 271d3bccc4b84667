import Foundation
import ResidualNets
import Results
import TorchCore

/// Gradients are multiplied by a^L in plain chains, by (1 + a)^L in residual ones. Source: He et al. 2016b, equation 5.
struct AttenuationStudy: Study {
  let name = "attenuation"
  let title = "Gradients through plain layers vanish as a^L, through residual blocks they do not"
  let claim = """
    Through L plain layers of gain a the gradient is multiplied by a^L, through L residual blocks by (1 + a)^L: \
    0.5²⁰ < 1e-6 against 1.5²⁰ ≈ 3325.26, 0.9²⁰ ≈ 0.1216, 1.1²⁰ ≈ 6.727, 0.99¹⁰⁰ ≈ 0.366, 1.01¹⁰⁰ ≈ 2.7048 \
    (Hochreiter 1991 for plain chains; He et al. 2016b, equation 5, for the identity's 1).
    """
  let method = """
    The powers: gradients by automatic differentiation in float64 through chains h ← a h and h ← h + a h. Real networks: \
    a plain and a residual MLP (blocks of two layers, PyTorch's uniform initialisation, the same weights, blocks \
    φ(W₂ φ(W₁ h)) and h + W₂ φ(W₁ φ(h))), at the start and after the same training by SGD; the norm of the loss \
    gradient at each block's input over a batch of test images, in float64, and per block the gain a_l of its branch: \
    ‖J_Fᵀ g‖ / ‖g‖ for the gradient g that arrives there.
    """
  let criteria: [StudyCriterion] = [
    .check("The chains give the stated powers, to their last digit, and agree with a^L and (1 + a)^L to 1e-12."),
    """
    Plain network: the gradient at the first block is below 1e-6 of that at the last, at the start and after training.
    """,
    "Residual twin: the gradient at the first block is above that at the last, at the start and after training.",
    "Residual twin: the logarithm of that growth is 0.9 to 1.1 of Σ ln(1 + a_l), at the start and after training.",
  ]
  let conditions = """
    The plain network's gradient vanishes because its initialisation gives each block a gain well below 1; the finding \
    for He initialisation shows the same network without that loss, so attenuation is no property of depth alone. \
    Training by SGD does not repair it, since almost no gradient reaches the first layers. \
    In one dimension 1 + a is exact. In many, (1 + a_l) is an upper bound, by the triangle inequality: it is reached only \
    where what the branch hands back points along the gradient. Where it is orthogonal to it, as between random \
    directions, a block multiplies the norm by √(1 + a²); the findings say how much of Σ ln(1 + a_l) was reached.
    """

  @TorchActor func run(_ setting: StudySetting) throws -> StudyOutcome {
    let powers = try Power.stated.map { ($0, try Self.gradient($0.gain, layers: $0.layers, isResidual: $0.isResidual)) }
    let runs = try setting.seeds.enumerated().map { index, seed in
      setting.progress("plain and residual twins", Double(index) / Double(setting.seeds.count))
      return try Twins(setting, seed)
    }
    func ratios(_ flow: KeyPath<Twins, GradientFlow>) -> [Double] { runs.map { $0[keyPath: flow].firstToLast } }
    func shares(_ flow: KeyPath<Twins, GradientFlow>) -> [Double] { runs.map { $0[keyPath: flow].shareOfAligned } }
    let times: [(String, plain: KeyPath<Twins, GradientFlow>, residual: KeyPath<Twins, GradientFlow>)] = [
      ("at the start", \.plain, \.residual), ("after training", \.trainedPlain, \.trainedResidual),
    ]
    return StudyOutcome(
      judgements: [
        Judgement(
          powers.allSatisfy { $0.isStated($1) && abs($1 / $0.exact - 1) <= 1e-12 },
          powers.map { "\($0.name) = \(Judgement.text($1))" }.joined(separator: ", ")),
        .all(times.map { .below(ratios($0.plain), 1e-6, "plain, first to last block, \($0.0)") }),
        .all(times.map { .above(ratios($0.residual), 1, "residual, first to last block, \($0.0)") }),
        .all(times.map { .within(shares($0.residual), 0.9...1.1, "share of Σ ln(1 + a), \($0.0)") }),
      ],
      findings: times.flatMap { time, plain, residual in
        [
          StudyRecord.Finding(name: "plain, gradient at the first to the last block, \(time)", seeds: ratios(plain)),
          .init(name: "residual, gradient at the first to the last block, \(time)", seeds: ratios(residual)),
          .init(name: "residual, mean gain a of a branch, \(time)", seeds: runs.map { $0[keyPath: residual].meanGain }),
          .init(name: "share of Σ ln(1 + a) reached, \(time)", seeds: shares(residual)),
          .init(
            name: "share of Σ ln √(1 + a²) reached, \(time)",
            seeds: runs.map { $0[keyPath: residual].shareOfOrthogonal }),
        ]
      } + [
        .init(name: "plain, factor per block", seeds: runs.map(\.plain.factorPerBlock)),
        .init(name: "plain with He initialisation, factor per block", seeds: runs.map(\.plainHe.factorPerBlock)),
        .init(name: "residual, factor per block", seeds: runs.map(\.residual.factorPerBlock)),
        .init(name: "residual with He initialisation, factor per block", seeds: runs.map(\.residualHe.factorPerBlock)),
      ],
      figures: [Self.flowFigure(runs), Self.lawFigure(runs)])
  }

  /// The gradient of the last state of a chain of scalar maps with respect to the first.
  static func gradient(_ gain: Double, layers: Int, isResidual: Bool) throws -> Double {
    let first = try Tensor([1.0], [1]).asLeaf()
    let last = try (0..<layers).reduce(first) { h, _ in isResidual ? try h + h * gain : try h * gain }
    return try gradients(of: last.sum(), withRespectTo: [first])[0]?.item() ?? 0
  }

  private static func flowFigure(_ runs: [Twins]) -> StudyFigure {
    let lines: [(String, KeyPath<Twins, GradientFlow>)] = [
      ("plain", \.plain), ("plain, trained", \.trainedPlain), ("plain, He", \.plainHe), ("residual", \.residual),
      ("residual, trained", \.trainedResidual), ("residual, He", \.residualHe),
    ]
    return StudyFigure(
      title: "The plain gradient vanishes towards the input, the residual one stays", x: .init("block"),
      y: .init("gradient norm, last block = 1", .logarithmic),
      series: lines.map { name, flow in
        .init(name: name, seedCurves: runs.map { $0[keyPath: flow].relativeNorms })
      })
  }

  private static func lawFigure(_ runs: [Twins]) -> StudyFigure {
    StudyFigure(
      title: "The trained residual gradient against the two laws", x: .init("block"),
      y: .init("gradient norm, last block = 1", .logarithmic),
      series: [
        .init(name: "measured", seedCurves: runs.map(\.trainedResidual.relativeNorms)),
        .init(name: "(1 + a) per block", seedCurves: runs.map { $0.trainedResidual.predicted { 1 + $0 } }),
        .init(
          name: "√(1 + a²) per block",
          seedCurves: runs.map { $0.trainedResidual.predicted { (1 + $0 * $0).squareRoot() } }),
      ])
  }
}

/// A power that the claim states.
private struct Power {
  let gain: Double
  let layers: Int
  let isResidual: Bool
  /// The numbers that round to the stated one.
  let range: ClosedRange<Double>

  var exact: Double { pow(isResidual ? 1 + gain : gain, Double(layers)) }
  var name: String { "\(Judgement.text(isResidual ? 1 + gain : gain))^\(layers)" }
  func isStated(_ value: Double) -> Bool { range.contains(value) }

  static let stated = [
    Power(gain: 0.5, layers: 20, isResidual: false, range: 0...1e-6),
    Power(gain: 0.5, layers: 20, isResidual: true, range: 3325.255...3325.265),
    Power(gain: 0.9, layers: 20, isResidual: false, range: 0.12155...0.12165),
    Power(gain: 0.1, layers: 20, isResidual: true, range: 6.7265...6.7275),
    Power(gain: 0.99, layers: 100, isResidual: false, range: 0.3655...0.3665),
    Power(gain: 0.01, layers: 100, isResidual: true, range: 2.70475...2.70485),
  ]
}

/// One seed: a plain network and its residual twin, before and after training.
private struct Twins {
  let plain, residual, trainedPlain, trainedResidual, plainHe, residualHe: GradientFlow

  @TorchActor init(_ setting: StudySetting, _ seed: UInt64) throws {
    let images = try setting.images(
      side: setting.choose(tiny: 8, quick: 14, full: 28), train: setting.choose(tiny: 24, quick: 2_000, full: 60_000),
      test: setting.choose(tiny: 8, quick: 64, full: 256))
    let plan = TrainingPlan(
      length: .epochs(setting.choose(tiny: 1, quick: 5, full: 10)), optimizer: .init(learningRate: 0.05),
      schedule: .cosine)
    func flows(
      _ block: NetworkDescription.BlockKind, _ initialization: NetworkDescription.Initialization = .automatic,
      trains: Bool = true
    ) throws -> (start: GradientFlow, end: GradientFlow) {
      let description = NetworkDescription(
        architecture: .mlp, depth: setting.choose(tiny: 3, quick: 20, full: 100),
        width: setting.choose(tiny: 8, quick: 64, full: 256), block: block, initialization: initialization, norm: .none)
      let stream = setting.stream(seed, "attenuation")
      let start = try images.freshNetwork(description, stream)
      try start.becomeFloat64()
      let first = try GradientFlow(start, images.test)
      guard trains else { return (first, first) }
      let network = try images.freshNetwork(description, stream)
      try train(network, on: images.train, plan: plan, stream: stream.stream("training"))
        .requireEnd(of: description.summary)
      try network.becomeFloat64()
      return (first, try GradientFlow(network, images.test))
    }
    (plain, trainedPlain) = try flows(.plain)
    (residual, trainedResidual) = try flows(.preActivation)
    plainHe = try flows(.plain, .he, trains: false).start
    residualHe = try flows(.preActivation, .he, trains: false).start
  }
}
