import Lipschitz
import RandomStreams
import ResidualNets
import Results
import TorchCore

/// A singular F erases for good; I + F has the eigenvalues 1 + λ. Source: Balduzzi et al. 2017; Yang & Schoenholz 2017.
struct CollapseStudy: Study {
  let name = "collapse"
  let title = "A singular layer erases distinctions, and I + F does not"
  let claim = """
    Where F is singular a plain layer maps different inputs to the same output and no later layer can tell them apart. \
    I + F has the eigenvalues 1 + λ, so that it is invertible, F singular or not, as long as −1 is no eigenvalue of F; \
    features of deep plain networks therefore collapse and those of residual ones stay apart (linear algebra; Balduzzi \
    et al. 2017 and Yang & Schoenholz 2017 on networks at their start).
    """
  let method = """
    Exactly: layers of 8 units that forget one direction each, and random ones with known eigenvalues, in double \
    precision. On trained networks: fully connected ones of width 32 on 8×8 images, plain and pre-activation residual, \
    trained alike by SGD; the rank of the Jacobian ∂h_l/∂h₀ at test images, counting singular values above 1e-12 of the \
    largest. At the start: networks of width 64 and 24 blocks (48 layers) with He's start and no norm; the effective \
    rank (Roy & Vetterli 2007) of the features of a batch of images, by depth.
    """
  let criteria: [StudyCriterion] = [
    .check(
      """
      Singular layers, in double precision: a plain chain loses one rank per layer and two inputs become equal; I + F \
      keeps its rank, gives both inputs back to 1e-10, and loses rank where −1 is an eigenvalue.
      """),
    "In trained plain networks the rank of ∂h_L/∂h₀ is below the width, as a mean over test images.",
    "In trained residual networks it is the width at every test image.",
    "At the start a deep plain network's features keep less than half of the effective rank that they have at h₀.",
    "A residual network's features keep more of it than a plain network's.",
  ]
  let conditions = """
    A rank is a statement about directions, not about how well they are conditioned: a residual Jacobian of full rank may \
    still shrink some of them strongly, and its smallest singular values are among the findings. I + F may be singular, \
    where a trained branch takes an eigenvalue to −1; nothing but a bound ‖F‖ < 1 excludes it, and the findings say how near it comes. Normalisation, wider \
    layers and other activations slow the collapse of plain networks down, and without a norm residual networks with \
    He's start collapse as well, only more slowly.
    """

  func run(_ setting: StudySetting) throws -> StudyOutcome {
    let images = try setting.images(
      side: 8, train: setting.choose(tiny: 40, quick: 2_000, full: nil),
      test: setting.choose(tiny: 10, quick: 100, full: 200))
    let facts = try setting.seeds.map { try SingularLayers(setting.stream($0, name).stream("matrices")) }
    let cases = try setting.seeds.enumerated().map { index, seed in
      setting.progress("seed \(seed)", Double(index) / Double(setting.seeds.count))
      return try Case(images, setting, setting.stream(seed, name))
    }
    let keptShares = cases.map { ($0.plainFeatures.keptShare, $0.residualFeatures.keptShare) }
    let plainShares = cases.map(\.plain.meanRankShare)
    let lowest = cases.map(\.residual.lowestRankShare).min() ?? .nan
    return StudyOutcome(
      judgements: [
        Judgement(
          facts.allSatisfy(\.hold), facts.map(\.detail).joined(separator: "; ")),
        .below(plainShares, 1, "rank over width, trained plain network"),
        Judgement(lowest == 1, "lowest rank over width, trained residual network: \(Judgement.text(lowest)), to be 1"),
        .below(keptShares.map(\.0), 0.5, "share of the effective rank kept, plain"),
        .above(keptShares.map { $1 - $0 }, 0, "share kept by the residual network less that kept by the plain one"),
      ],
      findings: [
        .init(name: "rank of ∂h_L/∂h₀ over the width, trained plain network", seeds: plainShares),
        .init(name: "the same, trained residual network", seeds: cases.map(\.residual.meanRankShare)),
        .init(name: "share of the features' effective rank kept at the start, plain", seeds: keptShares.map(\.0)),
        .init(name: "share of the features' effective rank kept at the start, residual", seeds: keptShares.map(\.1)),
        .init(
          name: "share of the distance 1 − cosine between images kept at the start, plain",
          seeds: cases.map(\.plainFeatures.keptSeparation)),
        .init(
          name: "share of the distance 1 − cosine between images kept at the start, residual",
          seeds: cases.map(\.residualFeatures.keptSeparation)),
        .init(
          name: "smallest singular value of ∂h_L/∂h₀, trained residual network, median over images",
          seeds: cases.map(\.residual.medianSmallest)),
        .init(
          name: "smallest distance of an eigenvalue of J_F from −1, trained residual network",
          seeds: cases.map(\.residual.nearestToMinusOne)),
        .init(name: "test accuracy of the trained plain network", seeds: cases.map(\.plain.accuracy)),
        .init(name: "test accuracy of the trained residual network", seeds: cases.map(\.residual.accuracy)),
      ],
      figures: [
        figure(
          "Trained plain layers lose directions for good", "rank of ∂h_l/∂h₀ over the width", .linear,
          cases.map(\.plain.rankShares), cases.map(\.residual.rankShares), from: 1),
        figure(
          "At the start deep plain features fall onto one line", "effective rank of the features", .logarithmic,
          cases.map(\.plainFeatures.ranks), cases.map(\.residualFeatures.ranks), from: 0),
      ])
  }

  private func figure(
    _ title: String, _ quantity: String, _ scale: StudyFigure.Scale, _ plain: [[Double]], _ residual: [[Double]],
    from first: Int
  ) -> StudyFigure {
    StudyFigure(
      title: title, x: .init("block"), y: .init(quantity, scale),
      series: [
        .init(name: "plain", seedCurves: plain, from: first),
        .init(name: "residual", seedCurves: residual, from: first),
      ])
  }
}

/// One seed's networks.
private struct Case {
  let plain: TrainedRanks
  let residual: TrainedRanks
  let plainFeatures: FeatureCollapse
  let residualFeatures: FeatureCollapse

  @TorchActor init(_ images: StudyImages, _ setting: StudySetting, _ stream: RandomStream) throws {
    let blocks = setting.choose(tiny: 2, quick: 4, full: 8)
    let plan = TrainingPlan(
      length: .epochs(setting.choose(tiny: 1, quick: 20, full: 20)),
      optimizer: OptimizerDescription(learningRate: 0.03), schedule: .cosine)
    func trained(_ block: NetworkDescription.BlockKind) throws -> TrainedRanks {
      let network = try images.freshNetwork(
        NetworkDescription(
          architecture: .mlp, depth: blocks, width: setting.choose(tiny: 8, quick: 32, full: 64), block: block,
          initialization: .he, norm: .none), stream.stream("trained"))
      try train(network, on: images.train, plan: plan, stream: stream.stream("order"))
        .requireEnd(of: network.trunk.description.summary)
      return try TrainedRanks(network, images.test, samples: setting.choose(tiny: 3, quick: 20, full: 100))
    }
    func fresh(_ block: NetworkDescription.BlockKind) throws -> FeatureCollapse {
      let network = try images.freshNetwork(
        NetworkDescription(
          architecture: .mlp, depth: setting.choose(tiny: 6, quick: 24, full: 50), width: 64, block: block,
          initialization: .he, norm: .none), stream.stream("fresh"))
      try network.becomeFloat64()
      return try FeatureCollapse(NetworkChain(network), images.test.pixels.to(.float64))
    }
    (plain, residual) = (try trained(.plain), try trained(.preActivation))
    (plainFeatures, residualFeatures) = (try fresh(.plain), try fresh(.preActivation))
  }
}

/// Ranks of a trained network's Jacobians at single images.
private struct TrainedRanks {
  /// rank(∂h_l/∂h₀) / width by depth l = 1 … L, mean over images.
  let rankShares: [Double]
  /// Of the whole chain.
  let meanRankShare, lowestRankShare, medianSmallest: Double
  /// Over blocks and images.
  let nearestToMinusOne: Double
  let accuracy: Double

  @TorchActor init(_ network: TaskNetwork, _ data: LabelledTensors, samples: Int) throws {
    accuracy = try Studies.accuracy(of: network, on: data)
    let width = Double(network.trunk.featureCount)
    try network.becomeFloat64()
    let chain = NetworkChain(network)
    var shares: [[Double]] = []
    var smallest: [Double] = []
    var nearest = Double.infinity
    for sample in try data.prefix(samples).inDoublePrecision().batches(of: 1) {
      let jacobians = try chain.blockJacobians(at: sample.pixels)
      let products = try productsByDepth(jacobians)
      shares.append(try products.map { try Double(numericalRank($0, tolerance: 1e-12)) / width })
      smallest.append(try products[products.count - 1].singularValues().min().item())
      for j in jacobians {
        nearest = try min(nearest, distanceFromMinusOne(j - Tensor.eye(j.size(0), dtype: .float64)))
      }
    }
    rankShares = shares[0].indices.map { depth in Statistics.mean(shares.map { $0[depth] }) }
    let ends = shares.compactMap(\.last)
    (meanRankShare, lowestRankShare) = (Statistics.mean(ends), ends.min() ?? .nan)
    medianSmallest = Statistics.median(smallest)
    nearestToMinusOne = nearest
  }
}

/// How a batch's features come to resemble each other with depth.
private struct FeatureCollapse {
  /// Effective rank by depth 0 … L.
  let ranks: [Double]
  let keptShare: Double
  /// Of the mean 1 − cosine over pairs of images.
  let keptSeparation: Double

  init(_ chain: NetworkChain, _ x: Tensor) throws {
    ranks = try chain.effectiveRanks(x)
    keptShare = ranks[ranks.count - 1] / ranks[0]
    let states = try withoutGradients { try chain.states(x) }
    keptSeparation = try meanSeparation(states[states.count - 1]) / meanSeparation(states[0])
  }
}
