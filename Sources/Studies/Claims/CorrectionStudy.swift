import Lipschitz
import RandomStreams
import ResidualNets
import Results
import TorchCore

/// Whether F(h) comes to point along target − h. Source: after He et al. 2016a; Jastrzębski et al. 2018.
struct CorrectionStudy: Study {
  let name = "correction"
  let title = "A residual branch learns the correction that is missing"
  let claim = """
    A residual block need only learn the correction from where the state is to where it should be: F(h) aligns with \
    (target − h) as training goes on (after He et al. 2016a; Jastrzębski et al. 2018).
    """
  let method = """
    A pre-activation residual MLP (8 blocks of width 64, images of side 14; full: 24 of 256, side 28), Adam at 1e-3 with \
    cosine decay. On test images, before training and after each epoch: the cosine of F_l(h_l) = h_{l+1} − h_l with \
    T − h_l, mean over samples and blocks. T is chosen so that it does not contain the very F it is compared with. (1) \
    Regression: h_L is trained by squared error towards a fixed code of the class (orthogonal vectors of norm √width, \
    drawn before training); T is that code. (2) Classification: trained by cross-entropy through a head; T is the mean \
    final state of the sample's class over the training images in the trained network. As a control, T of another class.
    """
  let criteria: [StudyCriterion] = [
    "Regression: the mean cosine is higher after training than before, over seeds.",
    "Classification: the same.",
    """
    After training the cosine with the sample's own target exceeds that with another class's, in regression and in \
    classification, over seeds.
    """,
  ]
  let conditions = """
    What the target is decides what the claim says. A regression in the state's own space has one; a classifier has none \
    until it is trained, and the mean final state of a class is taken for it. The final state of the same sample is no \
    fair target: it contains every F it would be compared with, and the last block's cosine with it is 1 always. The \
    cosine need not rise in each epoch nor in each block: where little is left to correct, T − h is small and its \
    direction uncertain.
    """

  /// Cosines of one training, before it and after each epoch.
  private struct Run {
    /// Moment × block.
    let own: [[Double]]
    let wrong: [[Double]]

    var means: [Double] { own.map { Statistics.mean($0) } }
    var wrongMeans: [Double] { wrong.map { Statistics.mean($0) } }
    var rise: Double { (means.last ?? .nan) - (means.first ?? .nan) }
    var excess: Double { (means.last ?? .nan) - (wrongMeans.last ?? .nan) }
  }

  func run(_ setting: StudySetting) throws -> StudyOutcome {
    let images = try setting.images(
      side: setting.choose(tiny: 8, quick: 14, full: 28), train: setting.choose(tiny: 60, quick: 2_000, full: nil),
      test: setting.choose(tiny: 18, quick: 500, full: nil))
    var (regressions, classifications): ([Run], [Run]) = ([], [])
    for (index, seed) in setting.seeds.enumerated() {
      let share = Double(index) / Double(setting.seeds.count)
      let stream = setting.stream(seed, name)
      setting.progress("seed \(seed): regression", share)
      regressions.append(try regression(images, setting, stream.stream("regression")))
      setting.progress("seed \(seed): classification", share + 0.5 / Double(setting.seeds.count))
      classifications.append(try classification(images, setting, stream.stream("classification")))
    }
    return outcome(regressions, classifications)
  }

  @TorchActor private func regression(_ images: StudyImages, _ setting: StudySetting, _ stream: RandomStream) throws
    -> Run
  {
    let network = try images.freshNetwork(description(setting), stream)
    let chain = NetworkChain(network)
    let codes = try Self.codes(images.classCount, width: network.trunk.featureCount, stream.stream("codes"))
    let course = try recorded(chain, images.test) { observe in
      try train(
        network.trunk.trainableParameters, on: images.train, plan: plan(setting), stream: stream.stream("training"),
        loss: { batch, _ in
          let states = try chain.states(batch.pixels)
          return try (states[states.count - 1] - codes.targets(of: batch.labels)).squared().mean()
        }, observe: observe)
    }
    return try run(course, codes, images.test.labels)
  }

  @TorchActor private func classification(_ images: StudyImages, _ setting: StudySetting, _ stream: RandomStream) throws
    -> Run
  {
    let network = try images.freshNetwork(description(setting), stream)
    let chain = NetworkChain(network)
    let course = try recorded(chain, images.test) { observe in
      try train(
        network, on: images.train, plan: plan(setting), stream: stream.stream("training"), observe: observe)
    }
    let trained = try withoutGradients { try chain.states(images.train.pixels) }
    let means = try ClassTargets(
      meansOf: trained[trained.count - 1], labels: images.train.labels, classCount: images.classCount)
    return try run(course, means, images.test.labels)
  }

  /// The states of the probes before training and after each epoch.
  @TorchActor private func recorded(
    _ chain: NetworkChain, _ probes: LabelledTensors, training: ((TrainingStep) throws -> Void) throws -> TrainingCurve
  ) throws -> CorrectionCourse {
    var course = CorrectionCourse()
    func record() throws { try withoutGradients { try course.record(chain.states(probes.pixels)) } }
    try record()
    try training { if $0.isEndOfEpoch { try record() } }.requireEnd(of: "the network that learns corrections")
    return course
  }

  @TorchActor private func run(_ course: CorrectionCourse, _ targets: ClassTargets, _ labels: [Int]) throws -> Run {
    try withoutGradients {
      Run(
        own: try course.cosines(toward: targets.targets(of: labels)),
        wrong: try course.cosines(toward: targets.wrongTargets(of: labels)))
    }
  }

  /// Orthogonal vectors of norm √width, one for each class.
  @TorchActor private static func codes(_ classCount: Int, width: Int, _ stream: RandomStream) throws -> ClassTargets {
    guard classCount <= width else {
      throw StudyError.unusable("\(classCount) classes have no orthogonal codes in \(width) dimensions")
    }
    let rows = try Tensor.normal([width, classCount], stream).qr().q.transposed()
    return ClassTargets(points: try rows * Double(width).squareRoot())
  }

  private func description(_ setting: StudySetting) -> NetworkDescription {
    NetworkDescription(
      architecture: .mlp, depth: setting.choose(tiny: 3, quick: 8, full: 24),
      width: setting.choose(tiny: 12, quick: 64, full: 256), norm: .none)
  }

  private func plan(_ setting: StudySetting) -> TrainingPlan {
    TrainingPlan(
      length: .epochs(setting.choose(tiny: 4, quick: 15, full: 30)),
      optimizer: OptimizerDescription(kind: .adam, learningRate: 1e-3, weightDecay: 0), schedule: .cosine)
  }

  private func outcome(_ regressions: [Run], _ classifications: [Run]) -> StudyOutcome {
    let named = [("regression", regressions), ("classification", classifications)]
    func order(_ run: Run) -> Double { rankCorrelation(run.means.indices.map(Double.init), run.means) }
    return StudyOutcome(
      judgements: [
        .above(regressions.map(\.rise), 0, "rise of the mean cosine, regression"),
        .above(classifications.map(\.rise), 0, "rise of the mean cosine, classification"),
        .all(named.map { .above($1.map(\.excess), 0, "cosine with the own target less another's, \($0)") }),
      ],
      findings: named.flatMap { name, runs -> [StudyRecord.Finding] in
        [
          .init(name: "rise of the mean cosine, \(name)", seeds: runs.map(\.rise)),
          .init(name: "mean cosine before training, \(name)", seeds: runs.map { $0.means.first ?? .nan }),
          .init(name: "mean cosine after training, \(name)", seeds: runs.map { $0.means.last ?? .nan }),
          .init(
            name: "mean cosine with another class's target, \(name)", seeds: runs.map { $0.wrongMeans.last ?? .nan }),
          .init(name: "rank correlation of the mean cosine with the epoch, \(name)", seeds: runs.map(order)),
        ]
      },
      figures: [
        StudyFigure(
          title: "Branches come to point at the target", x: .init("epoch"), y: .init("mean cos(F(h), target − h)"),
          series: named.flatMap { name, runs -> [StudyFigure.Series] in
            [
              .init(name: "\(name), own target", seedCurves: runs.map(\.means)),
              .init(name: "\(name), another class's", seedCurves: runs.map(\.wrongMeans)),
            ]
          }),
        StudyFigure(
          title: "Alignment by block", x: .init("block"), y: .init("mean cos(F(h), target − h)"),
          series: named.flatMap { name, runs -> [StudyFigure.Series] in
            [
              .init(name: "\(name), before", seedCurves: runs.map { $0.own.first ?? [] }),
              .init(name: "\(name), after", seedCurves: runs.map { $0.own.last ?? [] }),
            ]
          }),
      ])
  }
}
