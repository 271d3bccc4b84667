import Lipschitz
import ResidualNets
import Results
import TorchCore

/// The skip of h + F(h) hands on the whole gradient, that of φ(h + F(h)) less. Source: He et al. 2016b, section 2.
struct PrePostStudy: Study {
  let name = "pre-post"
  let title = "The skip hands the gradient on whole in pre-activation, and loses part of it in post-activation"
  let claim = """
    The gradient that reaches a block's input through its skip is exactly the one at its output when the block is \
    h + F(h), and less when an activation follows the sum, φ(h + F(h)) (He et al. 2016b, section 2 and 3.1).
    """
  let method = """
    CIFAR-style residual networks with batch norm of both kinds, at the start (batch statistics) and after the same \
    training (running statistics). For every block with an identity shortcut: g is the gradient of the loss on a batch of \
    test images at the block's output; what the skip hands back is the gradient of the block with F(h) held constant. Its \
    factor is the ratio of the two norms over the batch. That the block with F(h) held constant still gives the block's \
    own output bit for bit is checked.
    """
  let criteria: [StudyCriterion] = [
    .check("Pre-activation: the skip's gradient is g, bit for bit, in every block, at the start and after training."),
    .check("Post-activation: the mean factor over blocks is below 1, at the start and after training."),
  ]
  let conditions = """
    Only blocks with an identity shortcut count: a projection changes the gradient in both kinds. Post-activation loses what \
    arrives at units that the ReLU cuts off; where F is zero the cut is the same as in the block before, and nothing more \
    is lost. The factor is that of the skip alone: the whole gradient, branches included, may still grow in either kind, and \
    networks of usual depth train with both.
    """

  @TorchActor func run(_ setting: StudySetting) throws -> StudyOutcome {
    let runs = try setting.seeds.enumerated().map { index, seed in
      setting.progress("pre- and post-activation", Double(index) / Double(setting.seeds.count))
      return try (pre: Skips(.preActivation, setting, seed), post: Skips(.postActivation, setting, seed))
    }
    let all = runs.flatMap { [$0.pre.start, $0.pre.trained, $0.post.start, $0.post.trained] }
    let isSkip = all.allSatisfy { $0.allSatisfy(\.reproducesBlock) }
    let pre = runs.flatMap { $0.pre.start + $0.pre.trained }
    func factors(_ skips: KeyPath<Skips, [Skip]>) -> [Double] {
      runs.map { Statistics.mean($0.post[keyPath: skips].map(\.factor)) }
    }
    func stages(_ kind: (Int) -> Skips, _ skips: KeyPath<Skips, [Skip]>) -> [Double] {
      runs.indices.map { kind($0)[keyPath: skips].map(\.throughStage).min() ?? .nan }
    }
    return StudyOutcome(
      judgements: [
        Judgement(
          isSkip && pre.allSatisfy(\.isUnchanged),
          "\(pre.count(where: \.isUnchanged)) of \(pre.count) gradients unchanged, "
            + (isSkip ? "all blocks reproduced" : "some blocks not reproduced")),
        .all([
          .below(factors(\.start), 1, "factor of a block's skip at the start"),
          .below(factors(\.trained), 1, "factor of a block's skip after training"),
        ]),
      ],
      findings: [
        .init(name: "pre-activation, share of gradients unchanged", value: Self.unchangedShare(pre)),
        .init(name: "post-activation, factor of a block's skip at the start", seeds: factors(\.start)),
        .init(name: "post-activation, factor of a block's skip after training", seeds: factors(\.trained)),
        .init(
          name: "post-activation, least factor through the skips of a stage, at the start",
          seeds: stages({ runs[$0].post }, \.start)),
        .init(
          name: "post-activation, least factor through the skips of a stage, after training",
          seeds: stages({ runs[$0].post }, \.trained)),
        .init(
          name: "pre-activation, least factor through the skips of a stage, after training",
          seeds: stages({ runs[$0].pre }, \.trained)),
      ],
      figures: [Self.figure(runs)])
  }

  private static func unchangedShare(_ skips: [Skip]) -> Double {
    Double(skips.count(where: \.isUnchanged)) / Double(skips.count)
  }

  private static func figure(_ runs: [(pre: Skips, post: Skips)]) -> StudyFigure {
    func series(_ name: String, _ skips: [[Skip]]) -> StudyFigure.Series {
      .init(
        name: name, seedCurves: skips.map { $0.map(\.factor) },
        at: skips.first?.map { Double($0.block + 1) } ?? [])
    }
    return StudyFigure(
      title: "Every post-activation block loses a part of the skip's gradient", x: .init("block"),
      y: .init("gradient through the skip over gradient at the output"),
      series: [
        series("pre-activation, trained", runs.map(\.pre.trained)), series("post-activation", runs.map(\.post.start)),
        series("post-activation, trained", runs.map(\.post.trained)),
      ])
  }
}

/// One block's skip, at one time.
private struct Skip {
  let block: Int
  let isUnchanged: Bool
  let reproducesBlock: Bool
  /// ‖skip's gradient‖ / ‖g‖.
  let factor: Double
  /// The same from the last identity block of the run of such blocks down to here, through skips alone.
  let throughStage: Double
}

/// The skips of one network, before and after training.
private struct Skips {
  let start: [Skip]
  let trained: [Skip]

  @TorchActor init(_ kind: NetworkDescription.BlockKind, _ setting: StudySetting, _ seed: UInt64) throws {
    let images = try setting.images(
      side: setting.choose(tiny: 4, quick: 14, full: 28), train: setting.choose(tiny: 24, quick: 1_500, full: 60_000),
      test: setting.choose(tiny: 8, quick: 64, full: 256))
    let stream = setting.stream(seed, "pre-post")
    let network = try images.freshNetwork(
      NetworkDescription(
        depth: setting.choose(tiny: 14, quick: 32, full: 110), width: setting.choose(tiny: 2, quick: 8, full: 16),
        block: kind), stream)
    start = try Self.skips(network, images.test, .training)
    try train(
      network, on: images.train,
      plan: TrainingPlan(length: .epochs(setting.choose(tiny: 1, quick: 2, full: 20)), schedule: .cosine),
      stream: stream.stream("training")
    ).requireEnd(of: network.trunk.description.summary)
    trained = try Self.skips(network, images.test, .evaluation)
  }

  private static func skips(_ network: TaskNetwork, _ batch: LabelledTensors, _ mode: Mode) throws -> [Skip] {
    let flow = try SignalGradients(network, batch.pixels, labels: batch.targets, mode: mode)
    var skips: [Skip] = []
    var through: (first: Double, gradient: Tensor)?
    for (index, block) in network.trunk.blocks.enumerated().reversed() {
      guard block.keepsShape else {
        through = nil
        continue
      }
      let g = flow.gradients[index + 1]
      let arriving = try through ?? (g.norm().item(), g)
      let skip = try flow.skip(ofBlock: index, g)
      let passedOn = try flow.skip(ofBlock: index, arriving.gradient).gradient
      through = (arriving.first, passedOn)
      skips.append(
        Skip(
          block: index, isUnchanged: try skip.gradient.equal(g).allTrue(), reproducesBlock: skip.reproducesBlock,
          factor: try skip.gradient.norm().item() / g.norm().item(),
          throughStage: try passedOn.norm().item() / arriving.first))
    }
    return skips.reversed()
  }
}
