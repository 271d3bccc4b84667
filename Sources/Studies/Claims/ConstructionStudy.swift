import RandomStreams
import ResidualNets
import Results
import TorchCore

/// A deep plain network can copy a shallow one, and training finds no copy. Source: He et al. 2016a, section 1.
struct ConstructionStudy: Study {
  let name = "construction"
  let title = "A deep plain network could copy a shallow one, and training does not find the copy"
  let claim = """
    A deep plain network has a solution by construction: the layers of a trained shallower one, and identities behind \
    them. Its training loss is that of the shallow one, so depth is no lack of capacity; ordinary optimisation does not \
    find a solution that is as good (He et al. 2016, "Deep residual learning", section 1).
    """
  let method = """
    A shallow plain convolutional network with batch norm (20 layers; width 8 and 8×8 images in the quick form) is \
    trained by SGD with momentum. A deep one (56 layers) gets its parameters and identity blocks, and both losses are \
    compared in double precision over all training images. The same deep network is then trained from He's start, with \
    the same optimiser, images and order, for equally many steps and for twice as many. Its loss is the smaller of those \
    in evaluation and in training mode, the shallow one's that in evaluation mode.
    """
  let criteria: [StudyCriterion] = [
    .check("The built deep network's training loss equals the shallow one's to a relative 1e-12 in double precision."),
    "After equally many steps the trained deep network's training loss is above the shallow one's.",
    "After twice as many steps it is still above.",
  ]
  let conditions = """
    The copy exists because a plain block can be the identity on what has passed a ReLU, and its norm's statistics are \
    those of evaluation. That training does not find it is a statement about the start and the optimiser, not about what \
    the network can represent. Enough further steps may still bring the deep network below; how many steps were taken is \
    part of the evidence.
    """

  func run(_ setting: StudySetting) throws -> StudyOutcome {
    let images = try setting.images(
      side: setting.choose(tiny: 8, quick: 8, full: 14), train: setting.choose(tiny: 40, quick: 1_000, full: nil))
    let cases = try setting.seeds.enumerated().map { index, seed in
      setting.progress("seed \(seed)", Double(index) / Double(setting.seeds.count))
      return try Case(images, setting, setting.stream(seed, name))
    }

    let difference = cases.map(\.builtDifference).max() ?? .nan
    let equal = cases.map { $0.deep[0].loss - $0.shallow.evaluated }
    let double = cases.map { $0.deep[1].loss - $0.shallow.evaluated }
    return StudyOutcome(
      judgements: [
        Judgement(
          difference <= 1e-12, "largest relative difference of the losses: \(Judgement.text(difference)), to be 1e-12"),
        .above(equal, 0, "deep less shallow training loss after equal steps"),
        .above(double, 0, "deep less shallow training loss after twice the steps"),
      ],
      findings: [
        .init(name: "excess training loss of the trained deep network, equal steps", seeds: equal),
        .init(name: "the same, twice the steps", seeds: double),
        .init(name: "relative loss difference of the built deep network", value: difference),
        .init(name: "training loss of the shallow and of the built network", seeds: cases.map(\.shallow.evaluated)),
        .init(name: "training loss of the trained deep network, equal steps", seeds: cases.map(\.deep[0].loss)),
        .init(name: "training loss of the trained deep network, twice the steps", seeds: cases.map(\.deep[1].loss)),
      ],
      figures: [figure(cases)])
  }

  private func figure(_ cases: [Case]) -> StudyFigure {
    func series(_ name: String, _ run: (Case) -> Trained) -> StudyFigure.Series {
      .init(name: name, seedCurves: cases.map { run($0).curve }, from: 1)
    }
    return StudyFigure(
      title: "Trained from scratch, the deep network stays above the loss that it could copy", x: .init("epoch"),
      y: .init("training loss", .logarithmic),
      series: [
        series("shallow", \.shallow), series("deep", \.deep[0]), series("deep, twice the steps", \.deep[1]),
      ])
  }
}

/// One seed's shallow network, its copy and the deep networks trained from scratch.
private struct Case {
  let shallow: Trained
  /// |built − shallow| / shallow of the training losses, in double precision.
  let builtDifference: Double
  /// After equally many steps, and after twice as many.
  let deep: [Trained]

  @TorchActor init(_ images: StudyImages, _ setting: StudySetting, _ stream: RandomStream) throws {
    let depths = setting.choose(tiny: (8, 14), quick: (20, 56), full: (20, 56))
    let epochs = setting.choose(tiny: 1, quick: 12, full: 40)
    let width = setting.choose(tiny: 4, quick: 8, full: 16)
    func train(depth: Int, epochs: Int) throws -> (network: TaskNetwork, run: Trained) {
      let network = try images.freshNetwork(
        NetworkDescription(depth: depth, width: width, block: .plain), stream.stream("network"))
      return (network, try Trained(network, images, epochs: epochs, stream))
    }

    let (network, shallow) = try train(depth: depths.0, epochs: epochs)
    deep = try [1, 2].map { try train(depth: depths.1, epochs: $0 * epochs).run }
    self.shallow = shallow
    let built = try images.freshNetwork(NetworkDescription(depth: depths.1, width: width, block: .plain), stream)
    try built.becomeFloat64()
    try network.becomeFloat64()
    try built.becomeExtension(of: network)
    let samples = try images.train.inDoublePrecision()
    let reference = try meanLoss(of: network, on: samples)
    builtDifference = try abs(meanLoss(of: built, on: samples) - reference) / reference
  }
}

/// A network's training, and the training loss it reached.
private struct Trained {
  /// By epoch.
  let curve: [Double]
  /// In evaluation mode, as a copy of the network has it; infinite where training diverged.
  let evaluated: Double
  /// The smaller of those in evaluation and in training mode; infinite where training diverged.
  let loss: Double

  @TorchActor init(_ network: TaskNetwork, _ images: StudyImages, epochs: Int, _ stream: RandomStream) throws {
    let plan = TrainingPlan(
      length: .epochs(epochs), optimizer: OptimizerDescription(learningRate: 0.05), schedule: .cosine)
    let training = try train(network, on: images.train, plan: plan, stream: stream.stream("order"))
    curve = training.epochLosses
    guard !training.diverged else {
      (evaluated, loss) = (.infinity, .infinity)
      return
    }
    evaluated = try meanLoss(of: network, on: images.train)
    loss = try min(evaluated, meanLoss(of: network, on: images.train, mode: .training))
  }
}
