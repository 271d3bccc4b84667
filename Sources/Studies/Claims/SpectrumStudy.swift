import Lipschitz
import ResidualNets
import Results
import TorchCore

/// eig(I + J_F) = 1 + eig(J_F), and singular values through depth. Source: Saxe et al. 2014; Orhan & Pitkow 2018.
struct SpectrumStudy: Study {
  let name = "spectrum"
  let title = "The skip shifts every eigenvalue of a block by one and keeps directions alive through depth"
  let claim = """
    The eigenvalues of a residual block's Jacobian I + J_F are one plus those of its branch's Jacobian J_F, so that small \
    branches leave no direction near zero; the singular values of the end-to-end Jacobian then do not collapse with depth \
    as a plain network's do (linear algebra; Saxe et al. 2014, Orhan & Pitkow 2018 for the singularities of plain nets).
    """
  let method = """
    Eigenvalues: trained CIFAR-style residual networks with batch norm, in evaluation mode and float64; for every block \
    with an identity shortcut and some test images, the dense Jacobians of the block and of its branch come from \
    automatic differentiation independently, and their spectra are matched one to one. Singular values: residual MLPs \
    with PyTorch's uniform initialisation, plain MLPs from the very same weights, and plain MLPs with He initialisation, \
    which suits them better; each trained with the same data in the same order by Adam; dense Jacobians ∂h_L/∂h₀ at test \
    images in float64, the upper quartile of singular values over the largest (the median would be zero behind a single \
    ReLU that cuts half of the units).
    """
  let criteria: [StudyCriterion] = [
    .check(
      """
      Each eigenvalue of I + J_F lies within 1e-10 of one plus an eigenvalue of J_F, one to one, in every block.
      """),
    """
    Deepest plain networks, from the residual network's own start and from He's: the upper quartile of the singular \
    values is below 1e-3 of the largest.
    """,
    "Deepest residual network: the upper quartile of the singular values is above 1e-3 of the largest.",
  ]
  let conditions = """
    The shift of the eigenvalues is exact for every block h + F(h), whatever F is and whether it is trained; it says \
    nothing of a block with an activation behind the sum, or with a projection as its shortcut. Eigenvalues near −1 of J_F \
    still make a block singular, and trained branches need not be small (findings). Eigenvalues of blocks do not multiply along a network, singular values bound what does: \
    the second part is a measurement of these widths, depths and initialisations, at the images looked at. There is no \
    residual network with He's start among them: without norm its branches double the variance in every block (study drift).
    """

  private enum Subject: String, CaseIterable {
    case residual
    /// From the residual network's own weights.
    case twin = "plain, the same start"
    case plain = "plain, He"

    var block: NetworkDescription.BlockKind { self == .residual ? .preActivation : .plain }
    var initialization: NetworkDescription.Initialization { self == .plain ? .he : .automatic }
  }

  @TorchActor func run(_ setting: StudySetting) throws -> StudyOutcome {
    let depths = setting.choose(tiny: [1, 3], quick: [2, 4, 8, 16, 32], full: [2, 4, 8, 16, 32, 64, 128, 256])
    var blocks: [BlockSpectra] = []
    var conditioning: [Subject: [[Double]]] = [:]
    for (index, seed) in setting.seeds.enumerated() {
      setting.progress("spectra", Double(index) / Double(setting.seeds.count))
      blocks += try Self.blockSpectra(setting, seed)
      for subject in Subject.allCases {
        conditioning[subject, default: []].append(
          try depths.map { try Self.quartileToLargest(setting, seed, subject, depth: $0) })
      }
    }
    let largest = blocks.map(\.distance).max() ?? .infinity
    func deepest(_ subject: Subject) -> [Double] { conditioning[subject, default: []].map { $0[depths.count - 1] } }
    return StudyOutcome(
      judgements: [
        Judgement(
          largest <= 1e-10, "largest distance \(Judgement.text(largest)) over \(blocks.count) blocks and images"),
        .all(
          [Subject.twin, .plain].map {
            .below(deepest($0), 1e-3, "\($0.rawValue), upper quartile over largest singular value")
          }),
        .above(deepest(.residual), 1e-3, "residual, upper quartile over largest singular value"),
      ],
      findings: [.init(name: "largest distance between eig(I + J_F) and 1 + eig(J_F)", value: largest)]
        + Subject.allCases.map { subject in
          let what = "upper quartile over largest singular value at \(depths[depths.count - 1]) blocks"
          return .init(name: "\(subject.rawValue), \(what)", seeds: deepest(subject))
        } + [
          .init(
            name: "smallest modulus of an eigenvalue of I + J_F",
            value: blocks.flatMap(\.block).map(BlockSpectra.modulus).min() ?? .nan),
          .init(
            name: "largest modulus of an eigenvalue of J_F",
            value: blocks.flatMap(\.branch).map(BlockSpectra.modulus).max() ?? .nan),
        ],
      figures: [
        Self.planeFigure(blocks),
        StudyFigure(
          title: "Plain networks lose their directions with depth, residual ones keep them",
          x: .init("blocks", .logarithmic),
          y: .init("upper quartile of singular values over the largest", .logarithmic),
          series: Subject.allCases.map {
            .init(name: $0.rawValue, seedCurves: conditioning[$0, default: []], at: depths.map(Double.init))
          }),
      ])
  }

  @TorchActor private static func blockSpectra(_ setting: StudySetting, _ seed: UInt64) throws -> [BlockSpectra] {
    let images = try setting.images(
      side: setting.choose(tiny: 4, quick: 8, full: 16), train: setting.choose(tiny: 24, quick: 1_000, full: 60_000),
      test: setting.choose(tiny: 1, quick: 2, full: 8))
    let stream = setting.stream(seed, "spectrum")
    let network = try images.freshNetwork(
      NetworkDescription(depth: 14, width: setting.choose(tiny: 2, quick: 4, full: 8)), stream)
    try train(
      network, on: images.train, plan: TrainingPlan(length: .epochs(setting.choose(tiny: 1, quick: 3, full: 10))),
      stream: stream.stream("training")
    ).requireEnd(of: network.trunk.description.summary)
    try network.becomeFloat64()
    let passage = Passage(adapter: nil, mode: .evaluation)
    let states = try withoutGradients { try NetworkChain(network).states(images.test.pixels.to(.float64)) }
    return try network.trunk.blocks.enumerated().filter { $1.keepsShape }.flatMap { index, block in
      try (0..<images.test.count).map { sample in
        let h = try states[index].narrowed(0, from: sample, count: 1)
        return BlockSpectra(
          block: try eigenvalues(at: h) { try block.forward($0, passage) },
          branch: try eigenvalues(at: h) { try block.branch.forward($0, passage) })
      }
    }
  }

  /// Of ∂h_L/∂h₀ of a trained MLP, the mean over test images.
  @TorchActor private static func quartileToLargest(
    _ setting: StudySetting, _ seed: UInt64, _ subject: Subject, depth: Int
  ) throws -> Double {
    let images = try setting.images(
      side: 8, train: setting.choose(tiny: 24, quick: 1_000, full: 60_000),
      test: setting.choose(tiny: 2, quick: 8, full: 32))
    let stream = setting.stream(seed, "spectrum by depth").stream(depth)
    let network = try images.freshNetwork(
      NetworkDescription(
        architecture: .mlp, depth: depth, width: setting.choose(tiny: 6, quick: 32, full: 128), block: subject.block,
        initialization: subject.initialization, norm: .none), stream)
    try train(
      network, on: images.train,
      plan: TrainingPlan(
        length: .epochs(setting.choose(tiny: 1, quick: 8, full: 10)),
        optimizer: .init(kind: .adam, learningRate: 1e-3, weightDecay: 0), schedule: .cosine),
      stream: stream.stream("training")
    ).requireEnd(of: network.trunk.description.summary)
    try network.becomeFloat64()
    let chain = NetworkChain(network)
    let first = try withoutGradients { try chain.embed(images.test.pixels.to(.float64)) }
    return Statistics.mean(
      try (0..<images.test.count).map { sample in
        let values = try singularValues(at: first.narrowed(0, from: sample, count: 1)) { h in
          try chain.steps.reduce(h) { try $1.apply($0) }
        }
        return values[0] > 0 ? values[values.count / 4] / values[0] : 0
      })
  }

  private static func planeFigure(_ blocks: [BlockSpectra]) -> StudyFigure {
    func points(_ values: [(real: Double, imaginary: Double)]) -> [StudyFigure.Point] {
      values.sorted { $0.real < $1.real }.map { .init(x: $0.real, y: abs($0.imaginary)) }
    }
    return StudyFigure(
      title: "One trained block: the skip moves the spectrum by one", x: .init("real part"),
      y: .init("imaginary part, without its sign"),
      series: [
        .init(name: "branch, J_F", points: points(blocks.first?.branch ?? [])),
        .init(name: "block, I + J_F", points: points(blocks.first?.block ?? [])),
      ])
  }
}
