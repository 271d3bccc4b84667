import Lipschitz
import RandomStreams
import ResidualNets
import Results
import TorchCore

/// h_L = h₀ + Σ F_l(h_l), and how far its terms depend on each other. Source: Veit et al. 2016.
struct EnsembleStudy: Study {
  let name = "ensemble"
  let title = "A residual network is a sum of terms, but not of independent ones"
  let claim = """
    A residual network is h₀ plus the sum of its branches, h_L = h₀ + Σ F_l(h_l), which looks like an ensemble (Veit et \
    al. 2016); but leaving out a block removes its term and changes all later ones, whose input it was.
    """
  let method = """
    A pre-activation residual MLP (12 blocks of width 64; full: 48 of 256) and a pre-activation ResNet with batch norm \
    (depth 20, width 8; full: 110, 16), trained by Adam at 1e-3 and SGD at 0.1, then taken to float64. On test images \
    the states h_l come from the network's blocks, the terms from its branches alone. In each row of blocks of one shape \
    every block but the last is left out in turn; the change of the later terms, Σ_{k>l} (F_k(h′_k) − F_k(h_k)), is \
    measured by its norm over that of the removed term, and by its cosine with it.
    """
  let criteria: [StudyCriterion] = [
    .check(
      """
      h_L equals h₀ + Σ F_l(h_l) within 1e-12 of ‖h_L‖ in float64, in every row of blocks, at every sample and seed.
      """),
    .check(
      """
      Without block l, h_L changes by −F_l(h_l) and by the change of the later terms and by nothing else, within 1e-12 \
      of ‖h_L‖.
      """),
    "The later terms change by more than 0.1 of the removed term, mean over blocks, in both networks over seeds.",
  ]
  let conditions = """
    The sum is exact wherever the shortcut is the identity and nothing follows the addition: in pre-activation blocks \
    between two changes of shape. Behind an activation (post-activation blocks) it fails, as the finding on an untrained \
    network of that kind shows; across a projection the earlier terms pass through the projection first. That the \
    network is a sum does not make it an ensemble of independent members: the ratio says how much of a lesion's effect \
    comes from the later blocks.
    """

  static let tolerance = 1e-12
  private static let ratioThreshold = 0.1

  func run(_ setting: StudySetting) throws -> StudyOutcome {
    let images = try setting.images(
      side: setting.choose(tiny: 8, quick: 8, full: 28), train: setting.choose(tiny: 48, quick: 1_500, full: nil))
    let probes = try images.test.prefix(setting.choose(tiny: 12, quick: 200, full: 1_000)).pixels.to(.float64)
    var (mlps, convolutional, postActivation): ([SumOfTerms], [SumOfTerms], [Double]) = ([], [], [])
    for (index, seed) in setting.seeds.enumerated() {
      let stream = setting.stream(seed, name)
      let share = Double(index) / Double(setting.seeds.count)
      setting.progress("seed \(seed): residual MLP", share)
      mlps.append(try measure(Self.mlp(setting), images, probes, stream.stream("mlp")))
      setting.progress("seed \(seed): residual network", share + 0.2 / Double(setting.seeds.count))
      convolutional.append(try measure(Self.resnet(setting), images, probes, stream.stream("resnet")))
      var other = Self.mlp(setting).description
      other.block = .postActivation
      let network = try images.freshNetwork(other, stream.stream("post-activation"))
      postActivation.append(try SumOfTerms(network, probes).sumError)
    }
    return outcome(mlps, convolutional, postActivation)
  }

  @TorchActor private func measure(
    _ subject: (description: NetworkDescription, plan: TrainingPlan), _ images: StudyImages, _ probes: Tensor,
    _ stream: RandomStream
  ) throws -> SumOfTerms {
    try SumOfTerms(
      images.trainedNetwork(subject.description, plan: subject.plan, stream), probes)
  }

  private func outcome(
    _ mlps: [SumOfTerms], _ convolutional: [SumOfTerms], _ postActivation: [Double]
  ) -> StudyOutcome {
    let all = mlps + convolutional
    let sumError = all.map(\.sumError).max() ?? .nan
    let removalError = all.map(\.removalError).max() ?? .nan
    let ratios = (mlp: mlps.map(\.meanRatio), resnet: convolutional.map(\.meanRatio))
    func exact(_ error: Double) -> Judgement {
      Judgement(error <= Self.tolerance, "largest relative error \(Judgement.text(error))")
    }
    return StudyOutcome(
      judgements: [
        exact(sumError), exact(removalError),
        .all([
          .above(ratios.mlp, Self.ratioThreshold, "change of the later terms in the MLP"),
          .above(ratios.resnet, Self.ratioThreshold, "change of the later terms in the ResNet"),
        ]),
      ],
      findings: [
        .init(name: "change of the later terms over the removed term, MLP", seeds: ratios.mlp),
        .init(name: "change of the later terms over the removed term, ResNet", seeds: ratios.resnet),
        .init(name: "largest relative error of the sum", value: sumError),
        .init(name: "largest relative error of the lesion's equation", value: removalError),
        .init(name: "cosine of the change with the removed term, MLP", seeds: mlps.map(\.meanCompensation)),
        .init(name: "cosine of the change with the removed term, ResNet", seeds: convolutional.map(\.meanCompensation)),
        .init(name: "relative error of the sum in a post-activation MLP", seeds: postActivation),
      ],
      figures: [
        StudyFigure(
          title: "Leaving out an early block changes the later terms", x: .init("block left out"),
          y: .init("change of the later terms / removed term"),
          series: [.init(name: "residual MLP", seedCurves: mlps.map { $0.removals[0].map(\.ratio) })]),
        StudyFigure(
          title: "Whether the later terms make up for the removed one", x: .init("block left out"),
          y: .init("cosine of their change with the removed term"),
          series: [.init(name: "residual MLP", seedCurves: mlps.map { $0.removals[0].map(\.compensation) })]),
      ])
  }
}

extension EnsembleStudy {
  private static func mlp(_ setting: StudySetting) -> (description: NetworkDescription, plan: TrainingPlan) {
    let description = NetworkDescription(
      architecture: .mlp, depth: setting.choose(tiny: 4, quick: 12, full: 48),
      width: setting.choose(tiny: 12, quick: 64, full: 256), norm: .none)
    let optimizer = OptimizerDescription(kind: .adam, learningRate: 1e-3, weightDecay: 0)
    return (
      description,
      TrainingPlan(
        length: .epochs(setting.choose(tiny: 2, quick: 12, full: 30)), optimizer: optimizer, schedule: .cosine)
    )
  }

  private static func resnet(_ setting: StudySetting) -> (description: NetworkDescription, plan: TrainingPlan) {
    let description = NetworkDescription(
      depth: setting.choose(tiny: 14, quick: 20, full: 110), width: setting.choose(tiny: 4, quick: 8, full: 16))
    let optimizer = OptimizerDescription(learningRate: 0.1, weightDecay: 1e-4)
    return (
      description,
      TrainingPlan(
        length: .epochs(setting.choose(tiny: 1, quick: 8, full: 100)), optimizer: optimizer, schedule: .cosine)
    )
  }
}

/// The sum of a network's branches, row by row of blocks of one shape, and its blocks left out in turn.
struct SumOfTerms {
  /// The largest of all rows.
  let sumError: Double
  /// By row with at least two blocks and by block but the last.
  let removals: [[ResidualRun.Removal]]

  var removalError: Double { removals.joined().map(\.error).max() ?? 0 }
  var meanRatio: Double { Statistics.mean(removals.joined().map(\.ratio)) }
  var meanCompensation: Double { Statistics.mean(removals.joined().map(\.compensation)) }

  /// - Parameters:
  ///   - network: taken to float64.
  ///   - pixels: N×C×H×W, float64.
  @TorchActor init(_ network: TaskNetwork, _ pixels: Tensor) throws {
    try network.becomeFloat64()
    let states = try withoutGradients { try NetworkChain(network).states(pixels) }
    let runs = ResidualRun.runs(of: network)
    sumError = try runs.map { try $0.run.sumError(from: states[$0.start]) }.max() ?? .nan
    removals = try runs.filter { $0.run.links.count > 1 }.map { start, run in
      try run.links.indices.dropLast().map { try run.removal(of: $0, from: states[start]) }
    }
  }
}
