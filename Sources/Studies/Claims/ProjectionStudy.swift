import Lipschitz
import RandomStreams
import ResidualNets
import Results
import TorchCore

/// W Wᵀ = I keeps gradient norms, WᵀW = I signal norms; many projections weaken. Source: He et al. 2016b, section 3.1.
struct ProjectionStudy: Study {
  let name = "projection"
  let title = "Which projection shortcuts keep signal and gradient, and how many a network bears"
  let claim = """
    A shortcut with orthonormal rows (narrowing) keeps the gradient's norm exactly, one with orthonormal columns (widening) \
    the signal's; principal components keep most of the variance; a random projection does neither. Four or five \
    projections in a network are tolerable, many weaken the gradient (He et al. 2016b, section 3.1, for the last; the rest \
    is linear algebra).
    """
  let method = """
    Matrices in float64, n to n/2 and n/2 to n, orthonormal by QR or with independent normal entries scaled to keep \
    squared norms in the mean: relative changes of norm over many random vectors, the largest of orthonormal ones and \
    the mean of random ones, gradients by automatic \
    differentiation. Variance: the 2×2 windows of the first narrowing block of a CIFAR-style network at the start, on \
    training images; the share of variance in the row space of the shortcut fitted to them, tested on other images, and of \
    a random one. Number: residual MLPs whose identity shortcuts are replaced in 0, 5 or all blocks by learned projections \
    with PyTorch's uniform start; the gradient norm at h₀ at the start relative to no projections, and the training loss \
    after the same training by SGD, each network at the better of two learning rates, as the mean over twelve networks \
    per seed (in the quick form over four with a projection in every block) of the excess over the twin with none.
    """
  let criteria: [StudyCriterion] = [
    .check("Orthonormal rows keep every gradient's norm, and orthonormal columns every signal's, to 1e-12."),
    "Principal components keep more than 90 % of the variance in half the dimensions.",
    """
    A random projection changes the norms of gradients (narrowing) and signals (widening) by more than 1 %, as the mean \
    absolute relative change over vectors, and keeps less than 90 % of the variance.
    """,
    "Five projections from PyTorch's uniform start: the final training loss is within 0.1 of that with none.",
    """
    A projection in every block, from PyTorch's uniform start, which alone multiplies squared norms by a third: the \
    gradient at h₀ is below 1 % of that with none.
    """,
  ]
  let conditions = """
    An isometry in one direction cannot be one in the other unless it is square: rows keep the gradient and lose signal, \
    columns keep the signal and lose gradient. How much of the variance a projection keeps depends on the data's spectrum; \
    image windows have a steep one. How fast projections weaken the gradient depends on their start: PyTorch's uniform one \
    multiplies squared norms by a third, normal ones with variance 1/n keep them in the mean, orthogonal ones exactly, and \
    with those the number does no harm to the gradient at the start (findings). "Tolerable" is judged by training loss: in \
    the quick form five cost more than the limit, and a thirteenth of what one in every block costs.
    """

  @TorchActor func run(_ setting: StudySetting) throws -> StudyOutcome {
    let blocks = setting.choose(tiny: 6, quick: 32, full: 54)
    let counts = setting.choose(tiny: [0, 2, 6], quick: [0, 5, 10, 20, 32], full: [0, 5, 10, 20, 40, 54])
    let few = counts[1]
    let norms = try setting.seeds.map { try ProjectionNorms(setting, setting.stream($0, "norms")) }
    let variance = try setting.seeds.map { try ShortcutVariance(setting, setting.stream($0, "variance")) }
    var gradients: [ProjectedNetwork.Start: [[Double]]] = [:]
    // What decides is averaged over more networks than what is told beside it.
    let runs = setting.choose(tiny: (few: 1, all: 1), quick: (few: 12, all: 4), full: (few: 12, all: 12))
    var excess: (few: [Double], all: [Double]) = ([], [])
    for (index, seed) in setting.seeds.enumerated() {
      setting.progress("number of projections", Double(index) / Double(setting.seeds.count))
      for start in ProjectedNetwork.Start.allCases {
        let values = try counts.map { try Self.gradient(setting, seed, blocks, $0, start) }
        gradients[start, default: []].append(values.map { $0 / values[0] })
      }
      func losses(_ count: Int, runs: Int) throws -> [Double] {
        try (0..<runs).map { try Self.trainingLoss(setting, seed, blocks, count, run: $0) }
      }
      let none = try losses(0, runs: runs.few)
      excess.few.append(Self.meanExcess(try losses(few, runs: runs.few), none))
      excess.all.append(Self.meanExcess(try losses(blocks, runs: runs.all), none))
    }
    let uniform = gradients[.uniform, default: []]
    let exact = Statistics.largest(norms.map(\.orthonormal))
    return StudyOutcome(
      judgements: [
        Judgement(exact <= 1e-12, "largest relative change of a norm \(Judgement.text(exact))"),
        .above(variance.map(\.principal), 0.9, "share of variance kept by principal components"),
        .all([
          .above(norms.map(\.randomRows), 0.01, "mean relative change of a gradient's norm"),
          .above(norms.map(\.randomColumns), 0.01, "mean relative change of a signal's norm"),
          .below(variance.map(\.random), 0.9, "share of variance kept"),
        ]),
        .below(excess.few, 0.1, "training loss with \(few) projections less that with none"),
        .below(uniform.compactMap(\.last), 0.01, "gradient at h₀ relative to no projections"),
      ],
      findings: [
        .init(name: "largest relative change of a norm under an orthonormal projection", value: exact),
        .init(name: "mean relative change of a gradient's norm, random", seeds: norms.map(\.randomRows)),
        .init(name: "mean relative change of a signal's norm, random", seeds: norms.map(\.randomColumns)),
        .init(name: "variance kept by principal components", seeds: variance.map(\.principal)),
        .init(name: "variance kept by a random projection", seeds: variance.map(\.random)),
        .init(name: "training loss with \(few) projections less that with none", seeds: excess.few),
        .init(name: "training loss with \(blocks) projections less that with none", seeds: excess.all),
      ]
        + ProjectedNetwork.Start.allCases.flatMap { start in
          [(few, 1), (blocks, counts.count - 1)].map { count, place in
            StudyRecord.Finding(
              name: "\(count) projections, \(start.rawValue) start, gradient at h₀ relative to none",
              seeds: gradients[start, default: []].map { $0[place] })
          }
        },
      figures: [
        StudyFigure(
          title: "Projections weaken the gradient unless they start as isometries", x: .init("projections"),
          y: .init("gradient norm at h₀, none = 1", .logarithmic),
          series: ProjectedNetwork.Start.allCases.map { start in
            .init(
              name: start.rawValue, seedCurves: gradients[start, default: []], at: counts.map(Double.init))
          })
      ])
  }

  private static func network(
    _ setting: StudySetting, _ images: StudyImages, _ stream: RandomStream, _ blocks: Int, _ count: Int,
    _ start: ProjectedNetwork.Start
  ) throws -> ProjectedNetwork {
    let description = NetworkDescription(
      architecture: .mlp, depth: blocks, width: setting.choose(tiny: 8, quick: 32, full: 128), norm: .none)
    return try ProjectedNetwork(
      images.freshNetwork(description, stream), projections: count, start, stream.stream("projections"))
  }

  /// The gradient norm at h₀ of an untrained network.
  @TorchActor private static func gradient(
    _ setting: StudySetting, _ seed: UInt64, _ blocks: Int, _ count: Int, _ start: ProjectedNetwork.Start
  ) throws -> Double {
    let images = try setting.images(side: 8, train: 256, test: setting.choose(tiny: 8, quick: 64, full: 256))
    let network = try network(setting, images, setting.stream(seed, "number"), blocks, count, start)
    return try network.chain.gradientNorms(images.test.pixels, labels: images.test.targets)[0]
  }

  /// The mean over networks of how much more loss they end with than their twins of the same number without
  /// projections: a single run's loss is noisy.
  private static func meanExcess(_ losses: [Double], _ none: [Double]) -> Double {
    Statistics.mean(zip(losses, none).map { $0 - $1 })
  }

  /// The final training loss of one of several networks, at the better learning rate; infinite where it diverges at
  /// both.
  @TorchActor private static func trainingLoss(
    _ setting: StudySetting, _ seed: UInt64, _ blocks: Int, _ count: Int, run: Int
  ) throws -> Double {
    let images = try setting.images(side: 8, train: setting.choose(tiny: 24, quick: 2_000, full: 60_000), test: 1)
    let stream = setting.stream(seed, "number").stream(run)
    return try leastLoss(atRates: [0.05, 0.015]) { rate in
      let network = try network(setting, images, stream, blocks, count, .uniform)
      let curve = try train(
        network.parameters, on: images.train,
        plan: TrainingPlan(
          length: .epochs(setting.choose(tiny: 1, quick: 8, full: 20)), optimizer: .init(learningRate: rate),
          schedule: .cosine),
        stream: stream.stream("training"),
        loss: { batch, _ in try network.chain.logits(batch.pixels).crossEntropy(batch.targets) })
      return curve.diverged ? .infinity : try meanLoss(on: images.train) { try network.chain.logits($0) }
    }
  }
}
