import Foundation
import Lipschitz
import RandomStreams
import ResidualNets
import Results
import TorchCore

/// How much of ∂loss/∂h_L reaches h₀, and along which paths. Source: He et al. 2016b, equation 5; Veit et al. 2016.
struct SupervisionStudy: Study {
  let name = "supervision"
  let title = "The loss supervises the first layers through short paths"
  let claim = """
    In a residual network the gradient of the loss reaches every layer directly, through the sum of identities, while in \
    a plain one it passes every layer's Jacobian and has little left at the first (He et al. 2016b, eq. 5). Of the paths \
    through a residual network the short ones carry most of that gradient, although most paths are half as long as the \
    network (Veit et al. 2016).
    """
  let method = """
    ‖∂loss/∂h₀‖ over ‖∂loss/∂h_L‖, h_l being the state behind block l, at the start and during training by SGD with \
    momentum on 8×8 images: fully connected networks without a norm and with PyTorch's linear start (20 blocks of two \
    layers), and convolutional ones with batch norm and He's start (56 layers), plain and pre-activation residual each. \
    In the trained convolutional residual network the gradient at h₀ is split exactly by the number k of branches that a \
    path passes, by c_k ← c_k + J_lᵀ c_{k−1} from the last block to the first, in double precision.
    """
  let criteria: [StudyCriterion] = [
    """
    Without a norm the plain network's gradient at h₀ is below a thousandth of that at h_L, as a geometric mean over \
    training.
    """,
    "The residual network's is above a tenth.",
    "With batch norm too the plain network's ratio is below the residual one's.",
    "Weighted by the norm of their contribution, paths pass through fewer than half of the branches on average.",
  ]
  let conditions = """
    A plain network's gradient vanishes where its layers shrink it: by the start, or by training. With batch norm and \
    He's start it does not vanish; at the start it even grows towards the first layers, and faster than the residual \
    network's, so that the comparison depends on the moment: a large gradient is no useful one. Contributions of one \
    length are sums over paths, within which paths cancel each other; the findings give the sum over lengths relative to \
    the gradient itself.
    """

  private let moments = [0, 0.1, 0.25, 0.5, 1]

  func run(_ setting: StudySetting) throws -> StudyOutcome {
    let images = try setting.images(side: 8, train: setting.choose(tiny: 40, quick: 1_000, full: nil))
    let dense = NetworkDescription(
      architecture: .mlp, depth: setting.choose(tiny: 8, quick: 20, full: 50), width: 32, norm: .none)
    let normed = NetworkDescription(
      depth: setting.choose(tiny: 14, quick: 56, full: 110), width: setting.choose(tiny: 4, quick: 8, full: 16))
    var subjects: [[Subject]] = []
    var paths: [PathShares] = []
    for (index, seed) in setting.seeds.enumerated() {
      setting.progress("seed \(seed)", Double(index) / Double(setting.seeds.count))
      let stream = setting.stream(seed, name)
      let own = try [(dense, 4), (normed, 1)].flatMap { description, length in
        try [NetworkDescription.BlockKind.plain, .preActivation].map { block in
          try Subject(description, block, images, setting, epochs: length, moments: moments, stream)
        }
      }
      subjects.append(own)
      paths.append(
        try PathShares(own[3].network, images.train.prefix(setting.choose(tiny: 4, quick: 16, full: 64))))
    }

    func ratios(_ subject: Int) -> [Double] { subjects.map { $0[subject].meanLogRatio } }
    let normedDifference = zip(ratios(2), ratios(3)).map { $0 - $1 }
    let lengths = paths.map { meanPathLength($0.norms) / Double($0.norms.count - 1) }
    return StudyOutcome(
      judgements: [
        .below(ratios(0), -3, "log₁₀ of the gradient at h₀ over that at h_L, plain without norm"),
        .above(ratios(1), -1, "the same, residual without norm"),
        .below(normedDifference, 0, "the same with batch norm, plain less residual"),
        .below(lengths, 0.5, "mean share of the branches on a path, by contribution"),
      ],
      findings: [
        .init(
          name: "log₁₀ of the gradient at h₀ over that at h_L during training, plain without norm", seeds: ratios(0)),
        .init(name: "the same, residual without norm", seeds: ratios(1)),
        .init(name: "the same, plain with batch norm", seeds: ratios(2)),
        .init(name: "the same, residual with batch norm", seeds: ratios(3)),
        .init(name: "the same at the start alone, plain with batch norm", seeds: subjects.map { $0[2].logRatios[0] }),
        .init(
          name: "the same at the start alone, residual with batch norm", seeds: subjects.map { $0[3].logRatios[0] }),
        .init(name: "mean share of the branches on a path, by contribution", seeds: lengths),
        .init(name: "branches on a path, mean by contribution", seeds: paths.map { meanPathLength($0.norms) }),
        .init(name: "contributions of all lengths over the gradient", seeds: paths.map(\.cancellation)),
      ],
      figures: [duringTraining(subjects), byLength(paths)])
  }

  private func duringTraining(_ subjects: [[Subject]]) -> StudyFigure {
    let names = ["plain, no norm", "residual, no norm", "plain, batch norm", "residual, batch norm"]
    return StudyFigure(
      title: "What reaches the first layer during training", x: .init("share of training"),
      y: .init("log₁₀ of the gradient at h₀ over that at h_L"),
      series: names.indices.map { index in
        .init(name: names[index], seedCurves: subjects.map { $0[index].logRatios }, at: moments)
      })
  }

  private func byLength(_ paths: [PathShares]) -> StudyFigure {
    let count = (paths.map(\.norms.count).min() ?? 1) - 1
    func series(_ name: String, _ value: (PathShares, Int) -> Double) -> StudyFigure.Series {
      .init(name: name, seedCurves: paths.map { path in (0...count).map { value(path, $0) } })
    }
    return StudyFigure(
      title: "Short paths carry the gradient of a trained residual network", x: .init("branches on the path"),
      y: .init("relative to the gradient at h₀", .logarithmic),
      series: [
        series("all paths of this length") { $0.norms[$1] / $0.gradient },
        series("mean of one path") { $0.norms[$1] / $0.gradient / pow(10, logPathCount(count, $1)) },
      ])
  }
}

/// One network, and the gradients at its ends while it was trained.
private struct Subject {
  let network: TaskNetwork
  /// log₁₀(‖∂loss/∂h₀‖ / ‖∂loss/∂h_L‖) at each moment; a gradient of zero counts as the smallest number, and what is
  /// not finite is NaN, which decides nothing.
  private(set) var logRatios: [Double] = []

  var meanLogRatio: Double { Statistics.mean(logRatios) }

  /// - Parameter moments: shares of the training, the first of them its start.
  @TorchActor init(
    _ description: NetworkDescription, _ block: NetworkDescription.BlockKind, _ images: StudyImages,
    _ setting: StudySetting, epochs: Int, moments: [Double], _ stream: RandomStream
  ) throws {
    var own = description
    own.block = block
    network = try images.freshNetwork(own, stream.stream("network"))
    let probe = try images.train.prefix(128)
    let plan = TrainingPlan(
      length: .epochs(epochs * setting.choose(tiny: 1, quick: 10, full: 40)),
      optimizer: OptimizerDescription(learningRate: 0.05), schedule: .cosine)
    let total = plan.totalSteps(images.train.count)
    let due = moments.map { Int(($0 * Double(total)).rounded()) }
    func record(upTo step: Int) throws {
      while logRatios.count < due.count, due[logRatios.count] <= step { logRatios.append(try logRatio(probe)) }
    }
    try record(upTo: 0)
    try train(network, on: images.train, plan: plan, stream: stream.stream("order")) { try record(upTo: $0.number) }
      .requireEnd(of: own.summary)
  }

  /// In training mode, so that norms do what they do while the network learns.
  private func logRatio(_ data: LabelledTensors) throws -> Double {
    let norms = try network.keepingStatistics {
      try NetworkChain(network, .training).gradientNorms(data.pixels, labels: data.targets)
    }
    let (first, last) = (norms[0], norms[norms.count - 1])
    guard first.isFinite, last.isFinite, last > 0 else { return .nan }
    return log10(max(first / last, Double.leastNormalMagnitude))
  }
}

/// The gradient of a trained residual network at h₀, by length of path.
private struct PathShares {
  /// ‖c_k‖ for k = 0 … n.
  let norms: [Double]
  /// ‖Σ c_k‖.
  let gradient: Double

  /// Σ ‖c_k‖ / ‖Σ c_k‖: 1 where lengths do not cancel each other.
  var cancellation: Double { norms.reduce(0, +) / gradient }

  @TorchActor init(_ network: TaskNetwork, _ data: LabelledTensors) throws {
    let samples = try data.inDoublePrecision()
    try network.becomeFloat64()
    let parts = try NetworkChain(network).gradientByPathLength(
      samples.pixels, labels: samples.targets)
    norms = try parts.map { try $0.norm().item() }
    gradient = try parts.dropFirst().reduce(parts[0]) { try $0 + $1 }.norm().item()
  }
}
