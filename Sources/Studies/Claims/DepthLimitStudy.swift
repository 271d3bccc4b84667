import Foundation
import RandomStreams
import ResidualNets
import Results
import TorchCore

/// How deep plain networks φ(F(h)) and residual ones h + F(h) train. Source: He et al. 2016a,b; Srivastava et al. 2015.
struct DepthLimitStudy: Study {
  let name = "depth-limit"
  let title = "Plain networks train to some ten or thirty layers, residual ones to a thousand"
  let claim = """
    Plain networks train to about 10 to 12 layers without a norm and to 20 to 30 with one; residual networks with a norm \
    train with hundreds of layers, and one of a thousand trains too (He et al. 2016a,b; Srivastava et al. 2015).
    """
  let method = """
    Deeper and deeper networks are trained from fresh parameters by SGD with momentum on 8×8 images, until one does not \
    train: the mean loss of its last tenth of steps is not below three quarters of log K, the loss of guessing among K \
    classes. A depth trains if it does at one of several learning rates. Without a norm: fully connected networks of \
    width 32, at the rates 0.1, 0.03 and 0.01, with PyTorch's linear start and with He's. With batch norm: convolutional \
    ones (width 4 in the quick form) with He's start, plain and pre-activation residual, at 0.05 and 0.02. The networks \
    of about a thousand layers take fewer steps, at 0.1 and 0.01, and the mean losses of their last tenth of steps are \
    compared with log K.
    """
  let criteria: [StudyCriterion] = [
    "Without a norm and with PyTorch's linear start the deepest plain network that trains has 8 to 16 layers.",
    "Without a norm and with He's start it has 8 to 16 layers too.",
    "With batch norm the deepest plain network that trains has 20 to 32 layers.",
    "A residual network of 200 layers with batch norm trains, with every seed.",
    "The loss of a residual network of about 1,000 layers ends more than a fifth of log K below guessing.",
    "The loss of its plain twin ends less than a twentieth of log K below guessing, or training diverges.",
  ]
  let conditions = """
    A limit belongs to a start, a norm, a width and a number of steps. The start decides most: a linear layer's usual \
    one loses variance at each ReLU and stops sooner than He's, which was made for ReLUs. More steps and wider layers \
    move the limits of plain networks up, and "trains" is a low bar: a plain network that passes it may still be worse \
    than a shallower one (study degradation). That a residual network of a thousand layers trains does not say that it is \
    the better classifier.
    """

  func run(_ setting: StudySetting) throws -> StudyOutcome {
    let images = try setting.images(side: 8, train: setting.choose(tiny: 40, quick: 1_000, full: nil))
    var runs: [Climbs] = []
    for (index, seed) in setting.seeds.enumerated() {
      setting.progress("seed \(seed)", Double(index) / Double(setting.seeds.count))
      runs.append(try Climbs(images, setting, setting.stream(seed, name)))
    }

    let classCount = images.classCount
    let guessing = log(Double(classCount))
    let (usual, he) = (runs.map { Double($0.usual.limit) }, runs.map { Double($0.he.limit) })
    let (normed, residual) = (runs.map { Double($0.normed.limit) }, runs.map { Double($0.residual.limit) })
    let deepFalls = runs.map { (guessing - $0.thousand.lastLoss) / guessing }
    let twinFalls = runs.map { (guessing - $0.twin.lastLoss) / guessing }
    let aim = runs.map { Double($0.aim) }.max() ?? .nan
    return StudyOutcome(
      judgements: [
        .within(usual, 8...16, "layers of the deepest that trains"),
        .within(he, 8...16, "layers of the deepest that trains"),
        .within(normed, 20...32, "layers of the deepest that trains"),
        Judgement(
          residual.allSatisfy { $0 >= aim },
          "layers of the deepest that trains: \(Judgement.text(residual.min() ?? .nan)), to be \(Judgement.text(aim))"),
        .above(deepFalls, 0.2, "share of log K that the loss ends below it"),
        .below(twinFalls, 0.05, "share of log K that the loss ends below it"),
      ],
      findings: [
        .init(
          name: "share of log K that the loss of \(runs.first?.thousand.layers ?? 0) layers ends below it, residual",
          seeds: deepFalls),
        .init(name: "the same, plain (minus infinity: diverged)", seeds: twinFalls),
        .init(
          name: "peak memory of the process, \(runs.first?.thousand.layers ?? 0) layers trained",
          value: runs.map(\.peakMemory).max() ?? .nan, unit: "MiB"),
        .init(name: "deepest plain network that trains, no norm, PyTorch's start", seeds: usual, unit: "layers"),
        .init(name: "the same, He's start", seeds: he, unit: "layers"),
        .init(name: "the same, batch norm", seeds: normed, unit: "layers"),
        .init(name: "deepest residual network tried that trains, batch norm", seeds: residual, unit: "layers"),
      ],
      figures: [losses(runs), thousand(runs)])
  }

  private func losses(_ runs: [Climbs]) -> StudyFigure {
    func series(_ name: String, _ ladder: (Climbs) -> DepthLadder) -> StudyFigure.Series {
      let trials = runs.flatMap { ladder($0).trials }
      let depths = Set(trials.map(\.layers)).sorted()
      return .init(
        name: name,
        points: depths.map { depth in
          .init(x: Double(depth), seeds: trials.filter { $0.layers == depth }.map(\.lastLoss))
        })
    }
    return StudyFigure(
      title: "Each kind of network has its depth", x: .init("layers", .logarithmic), y: .init("loss at the end"),
      series: [
        series("plain, PyTorch's start", \.usual), series("plain, He's start", \.he),
        series("plain, batch norm", \.normed), series("residual, batch norm", \.residual),
      ])
  }

  private func thousand(_ runs: [Climbs]) -> StudyFigure {
    func series(_ name: String, _ trial: (Climbs) -> DepthTrial) -> StudyFigure.Series {
      .init(name: name, seedCurves: runs.map { trial($0).losses })
    }
    return StudyFigure(
      title: "The residual network of a thousand layers learns", x: .init("step"), y: .init("training loss"),
      series: [series("residual", \.thousand), series("plain", \.twin)])
  }
}

/// One seed's networks of all depths.
private struct Climbs {
  let usual, he, normed, residual: DepthLadder
  let thousand, twin: DepthTrial
  /// Layers of the deepest residual network on the ladder.
  let aim: Int
  /// Of the process, in MiB.
  let peakMemory: Double

  @TorchActor init(_ images: StudyImages, _ setting: StudySetting, _ stream: RandomStream) throws {
    let steps = setting.choose(tiny: 2, quick: 150, full: 1_000)
    func trial(
      _ description: NetworkDescription, layers: Int, rate: Double, batch: Int, steps: Int
    ) throws -> DepthTrial {
      let network = try images.freshNetwork(description, stream.stream("network"))
      let plan = TrainingPlan(
        length: .steps(steps), batchSize: batch,
        optimizer: OptimizerDescription(learningRate: rate, weightDecay: 0))
      return DepthTrial(
        layers: layers, curve: try train(network, on: images.train, plan: plan, stream: stream.stream("order")))
    }
    func dense(_ start: NetworkDescription.Initialization) throws -> DepthLadder {
      let blocks = setting.choose(
        tiny: [1, 2], quick: [1, 2, 3, 4, 5, 6, 7, 9, 11, 15, 20, 30, 50],
        full: [1, 2, 3, 4, 5, 6, 7, 9, 11, 15, 20, 30, 50, 80])
      return try DepthLadder(blocks, rates: [0.1, 0.03, 0.01], classCount: images.classCount) { blocks, rate in
        let description = NetworkDescription(
          architecture: .mlp, depth: blocks, width: 32, block: .plain, initialization: start, norm: .none)
        return try trial(description, layers: 2 * blocks + 2, rate: rate, batch: 64, steps: 2 * steps)
      }
    }
    func convolutional(
      _ block: NetworkDescription.BlockKind, _ depths: [Int], rates: [Double] = [0.05, 0.02], steps: Int
    )
      throws -> DepthLadder
    {
      try DepthLadder(depths, rates: rates, classCount: images.classCount) { depth, rate in
        let description = NetworkDescription(
          depth: depth, width: setting.choose(tiny: 2, quick: 4, full: 16), block: block)
        return try trial(description, layers: depth, rate: rate, batch: 32, steps: steps)
      }
    }

    (usual, he) = (try dense(.automatic), try dense(.he))
    let plainDepths = setting.choose(
      tiny: [8, 14], quick: [14, 20, 26, 32, 44, 56, 80, 110], full: [14, 20, 26, 32, 44, 56, 80, 110, 200])
    normed = try convolutional(.plain, plainDepths, steps: steps)
    let residualDepths = setting.choose(tiny: [14], quick: [56, 200], full: [56, 110, 200, 404])
    aim = residualDepths[residualDepths.count - 1]
    residual = try convolutional(.preActivation, residualDepths, steps: steps)

    let deepest = [setting.choose(tiny: 20, quick: 1_004, full: 1_004)]
    let deepSteps = setting.choose(tiny: 2, quick: 40, full: 1_000)
    thousand = try convolutional(.preActivation, deepest, rates: [0.1, 0.01], steps: deepSteps).trials[0]
    peakMemory = Double(PeakMemory.bytes() ?? 0) / 1_048_576
    twin = try convolutional(.plain, deepest, rates: [0.1, 0.01], steps: deepSteps).trials[0]
  }
}
