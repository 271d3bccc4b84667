import RandomStreams
import ResidualNets
import Results
import TorchCore

/// Depth makes plain networks train worse and h + F(h) better. Source: He et al. 2016a, figures 1 and 6; 2016b.
struct DegradationStudy: Study {
  let name = "degradation"
  let title = "A deeper plain network has a higher training error, a deeper residual network has not"
  let claim = """
    A plain network of 56 layers has a higher training error than one of 20, so that it is not overfitting that makes it \
    worse; of residual networks the deeper one has the lower training error (He et al. 2016a, figures 1 and 6, and \
    2016b).
    """
  let method = """
    CIFAR-style networks of 20 and 56 layers (width 8 and 14×14 images in the quick form) with batch norm and He's \
    start, plain and pre-activation residual, each trained by SGD with momentum and a learning rate of 0.02 for equally \
    many epochs on the same images in the same order, from the same parameters where both depths have them. The loss \
    is the mean cross-entropy of the last epoch; the error is that of the trained network on all training images, with \
    norms in training mode as in the paper's training curves.
    """
  let criteria: [StudyCriterion] = [
    "Plain: the training loss at 56 layers is above that at 20.",
    "Plain: the training error at 56 layers is above that at 20.",
    "Residual: the training loss at 56 layers is below that at 20.",
    "Residual: the training error at 56 layers is below that at 20.",
    "The 36 further layers raise the plain network's training loss by more than the residual one's.",
  ]
  let conditions = """
    Depth hurts the plain network although it has batch norm, whose gradients do not vanish. The order of the residual \
    pair takes an optimiser that suits both: with few steps and a high learning rate the shallower one leads, above all in \
    the post-activation form, whose deep networks start badly without a warm-up (the paper's own of 110 layers had one). \
    Once both fit their images the residual pair's difference is gone. Nothing is said of the test error.
    """

  func run(_ setting: StudySetting) throws -> StudyOutcome {
    let images = try setting.images(
      side: setting.choose(tiny: 8, quick: 14, full: nil), train: setting.choose(tiny: 40, quick: 1_000, full: nil))
    let depths = setting.choose(tiny: (8, 14), quick: (20, 56), full: (20, 56))
    let cases: [(NetworkDescription.BlockKind, Int)] = [
      (.plain, depths.0), (.plain, depths.1), (.preActivation, depths.0), (.preActivation, depths.1),
    ]
    var runs: [[TrainingRun]] = []
    for (index, seed) in setting.seeds.enumerated() {
      let stream = setting.stream(seed, name)
      runs.append(
        try cases.enumerated().map { number, subject in
          let share = Double(index * cases.count + number) / Double(setting.seeds.count * cases.count)
          setting.progress("\(subject.0.rawValue), \(subject.1) layers, seed \(seed)", share)
          return try run(subject.0, depth: subject.1, images, setting, stream)
        })
    }

    let plain = runs.map { $0[1].loss - $0[0].loss }
    let plainError = runs.map { $0[1].error - $0[0].error }
    let residual = runs.map { $0[3].loss - $0[2].loss }
    let residualError = runs.map { $0[3].error - $0[2].error }
    return StudyOutcome(
      judgements: [
        .above(plain, 0, "plain, loss at \(depths.1) layers less that at \(depths.0)"),
        .above(plainError, 0, "plain, error at \(depths.1) layers less that at \(depths.0)"),
        .below(residual, 0, "residual, loss at \(depths.1) layers less that at \(depths.0)"),
        .below(residualError, 0, "residual, error at \(depths.1) layers less that at \(depths.0)"),
        .above(zip(plain, residual).map { $0 - $1 }, 0, "the plain difference less the residual one"),
      ],
      findings: [
        .init(name: "plain: training loss at \(depths.1) layers less that at \(depths.0)", seeds: plain),
        .init(name: "residual: training loss at \(depths.1) layers less that at \(depths.0)", seeds: residual),
        .init(name: "plain: training error at \(depths.1) layers less that at \(depths.0)", seeds: plainError),
        .init(
          name: "residual: training error at \(depths.1) layers less that at \(depths.0)", seeds: residualError),
      ]
        + cases.indices.map { index in
          .init(
            name: "\(cases[index].0.rawValue), \(cases[index].1) layers: training loss",
            seeds: runs.map { $0[index].loss })
        },
      figures: [figure(cases, runs)])
  }

  @TorchActor private func run(
    _ block: NetworkDescription.BlockKind, depth: Int, _ images: StudyImages, _ setting: StudySetting,
    _ stream: RandomStream
  ) throws -> TrainingRun {
    let network = try images.freshNetwork(
      NetworkDescription(
        depth: depth, width: setting.choose(tiny: 4, quick: 8, full: 16), block: block), stream.stream("network"))
    let plan = TrainingPlan(
      length: .epochs(setting.choose(tiny: 1, quick: 15, full: 80)),
      batchSize: setting.choose(tiny: 20, quick: 64, full: 128), optimizer: OptimizerDescription(learningRate: 0.02),
      schedule: .cosine)
    let curve = try train(network, on: images.train, plan: plan, stream: stream.stream("order"))
    return TrainingRun(
      curve: curve.epochLosses, loss: curve.finalLoss,
      error: try 1 - performance(of: network, on: images.train, mode: .training).accuracy)
  }

  private func figure(
    _ cases: [(NetworkDescription.BlockKind, Int)], _ runs: [[TrainingRun]]
  ) -> StudyFigure {
    StudyFigure(
      title: "Further layers cost the plain network, and only the plain network", x: .init("epoch"),
      y: .init("training loss", .logarithmic),
      series: cases.indices.map { index in
        .init(
          name: "\(cases[index].0.rawValue), \(cases[index].1) layers",
          seedCurves: runs.map { $0[index].curve }, from: 1)
      })
  }
}

private struct TrainingRun {
  /// By epoch.
  let curve: [Double]
  /// Of the last epoch; infinite where training diverged.
  let loss: Double
  /// The share of training images that the trained network gets wrong.
  let error: Double
}
