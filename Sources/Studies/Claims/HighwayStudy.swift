import Foundation
import Lipschitz
import RandomStreams
import ResidualNets
import Results
import TorchCore

/// (1 − T) ⊙ h + T ⊙ F(h) passes gradients or not. Source: Srivastava et al. 2015; He et al. 2016b, section 3.
struct HighwayStudy: Study {
  let name = "highway"
  let title = "A closed gate brings vanishing gradients back"
  let claim = """
    A Highway block (1 − T) ⊙ h + T ⊙ F(h) may close its identity path: with T near 1 it is a plain layer, and over \
    many blocks the gradient vanishes as in a plain network; with T near 0 the gradient passes, and the branches learn \
    only in proportion to T (Srivastava et al. 2015; He et al. 2016b, section 3, on shortcuts that are scaled or gated).
    """
  let method = """
    Exactly: a chain of scalar blocks with a constant gate, whose gradient is ((1 − T) + T a)^L. On networks: fully \
    connected Highway networks (width 32, 20 blocks) on 8×8 images, with PyTorch's linear start and gate biases from −8 \
    to 8; at the start the norm of the loss gradient at h₀ relative to that at h_L and the norm of the branches' \
    parameter gradients, then training by SGD with momentum from the biases −2 and 8.
    """
  let criteria: [StudyCriterion] = [
    .check("A chain of blocks with constant gates has the gradient ((1 − T) + T a)^L, to a relative 1e-12."),
    "With the carry gate closed (bias 8) the gradient at h₀ is below a thousandth of that at h_L.",
    "With the carry gate open (bias −8) it lies within 10 % of it.",
    "Between biases −8 and −4 the branches' parameter gradients fall in proportion to T, within 10 %.",
    "After equal training the loss from bias 8 is above that from bias −2.",
  ]
  let conditions = """
    The gate has two ways of being closed: T near 1 shuts the identity path and every layer in front starves; T near 0 \
    shuts the branch and only its own parameters starve. \
    The branches' gradients are proportional to T as long as L·T is far below 1: beyond, the identity path itself passes \
    less on to them. How fast the gradient vanishes for T near 1 depends on the \
    branch: one whose Jacobian keeps norms would carry it, as a plain network with a start of variance 2 per layer does. \
    A network may also learn to move its gates away from a bad start, if its gradients are not zero by then.
    """

  private let biases: [Double] = [-8, -6, -4, -2, 0, 2, 4, 6, 8]

  func run(_ setting: StudySetting) throws -> StudyOutcome {
    let images = try setting.images(
      side: 8, train: setting.choose(tiny: 40, quick: 2_000, full: nil))
    var starts: [[GatedStart]] = []
    var trainings: [[Double: Double]] = []
    for (index, seed) in setting.seeds.enumerated() {
      setting.progress("seed \(seed)", Double(index) / Double(setting.seeds.count))
      let stream = setting.stream(seed, name)
      starts.append(try biases.map { try GatedStart(network($0, images, setting, stream), images.train.prefix(256)) })
      trainings.append(
        try [-2, 8].reduce(into: [:]) { losses, bias in
          losses[bias] = try loss(network(bias, images, setting, stream), images, setting, stream)
        })
    }

    func ratios(_ bias: Double) -> [Double] { starts.map { $0[place(bias)].ratio } }
    let error = try chainError()
    func proportion(_ low: Double, _ high: Double) -> [Double] {
      starts.map { start in
        start[place(high)].branchGradient / start[place(low)].branchGradient / (gate(high) / gate(low))
      }
    }
    let excess = trainings.map { ($0[8] ?? .nan) - ($0[-2] ?? .nan) }
    return StudyOutcome(
      judgements: [
        Judgement(error <= 1e-12, "largest relative error: \(Judgement.text(error)), to be 1e-12"),
        .below(ratios(8), 1e-3, "gradient at h₀ over that at h_L, bias 8"),
        .within(ratios(-8), 0.9...1.1, "the same, bias −8"),
        .within(proportion(-8, -4), 0.9...1.1, "growth of the branches' gradients over growth of T"),
        .above(excess, 0, "training loss from bias 8 less that from −2"),
      ],
      findings: [
        .init(name: "gradient at h₀ over that at h_L, bias 8", seeds: ratios(8)),
        .init(name: "the same, bias −8", seeds: ratios(-8)),
        .init(name: "the same, bias −2", seeds: ratios(-2)),
        .init(
          name: "growth of the branches' gradients from bias −8 to −4, over growth of T", seeds: proportion(-8, -4)),
        .init(name: "the same from bias −8 to −6", seeds: proportion(-8, -6)),
        .init(name: "training loss from bias −2", seeds: trainings.compactMap { $0[-2] }),
        .init(name: "training loss from bias 8", seeds: trainings.compactMap { $0[8] }),
        .init(name: "largest relative error of ((1 − T) + T a)^L", value: error),
      ],
      figures: [figure(starts)])
  }

  private func figure(_ starts: [[GatedStart]]) -> StudyFigure {
    func series(_ name: String, _ value: (GatedStart) -> Double) -> StudyFigure.Series {
      .init(name: name, seedCurves: starts.map { $0.map(value) }, at: biases)
    }
    return StudyFigure(
      title: "Either end of the gate starves something", x: .init("gate bias"),
      y: .init("gradient norm at the start", .logarithmic),
      series: [series("at h₀ over that at h_L", \.ratio), series("of the branches' parameters", \.branchGradient)])
  }

  private func place(_ bias: Double) -> Int { biases.firstIndex(of: bias) ?? 0 }

  private func gate(_ bias: Double) -> Double { 1 / (1 + exp(-bias)) }

  private func network(
    _ bias: Double, _ images: StudyImages, _ setting: StudySetting, _ stream: RandomStream
  ) throws -> TaskNetwork {
    try images.freshNetwork(
      NetworkDescription(
        architecture: .mlp, depth: setting.choose(tiny: 10, quick: 20, full: 50),
        width: setting.choose(tiny: 16, quick: 32, full: 50), block: .highway, norm: .none,
        dynamics: .init(gateBias: bias)), stream.stream("network"))
  }

  @TorchActor private func loss(
    _ network: TaskNetwork, _ images: StudyImages, _ setting: StudySetting, _ stream: RandomStream
  ) throws -> Double {
    let plan = TrainingPlan(
      length: .epochs(setting.choose(tiny: 1, quick: 15, full: 40)),
      optimizer: OptimizerDescription(learningRate: 0.05), schedule: .cosine)
    let curve = try train(network, on: images.train, plan: plan, stream: stream.stream("order"))
    return try curve.diverged ? .infinity : meanLoss(of: network, on: images.train)
  }

  /// The largest relative error of automatic differentiation against the closed form, over several gates, slopes and
  /// lengths.
  @TorchActor private func chainError() throws -> Double {
    var largest = 0.0
    for (t, a, length) in [(0.999, 0.5, 20), (0.5, 0.5, 20), (0.001, 0.5, 100), (0.9, -0.4, 50)] {
      let gradient = try gatedChainGradient(gate: t, slope: a, length: length)
      let expected = pow((1 - t) + t * a, Double(length))
      largest = max(largest, abs(gradient - expected) / abs(expected))
    }
    return largest
  }
}

/// ∂h_L/∂h₀ of h ← (1 − T) h + T a h in double precision, by automatic differentiation.
func gatedChainGradient(gate t: Double, slope a: Double, length: Int) throws -> Double {
  let first = try Tensor([1.0], [1]).asLeaf()
  let last = try (0..<length).reduce(first) { h, _ in try h * (1 - t) + h * a * t }
  return try gradients(of: last.sum(), withRespectTo: [first])[0]?.item() ?? 0
}

/// Gradients of a fresh Highway network.
private struct GatedStart {
  /// ‖∂loss/∂h₀‖ / ‖∂loss/∂h_L‖.
  let ratio: Double
  /// Of all parameters of all branches together.
  let branchGradient: Double

  @TorchActor init(_ network: TaskNetwork, _ data: LabelledTensors) throws {
    try network.becomeFloat64()
    let samples = try data.inDoublePrecision()
    let norms = try NetworkChain(network).gradientNorms(samples.pixels, labels: samples.targets)
    ratio = norms[0] / norms[norms.count - 1]
    let parameters = network.trunk.blocks.flatMap { Members(of: $0.branch).parameters.values.map(\.value) }
    let loss = try network.logits(samples.pixels, .evaluation).crossEntropy(samples.targets)
    let squares = try gradients(of: loss, withRespectTo: parameters).map { try $0?.squared().sum().item() ?? 0 }
    branchGradient = squares.reduce(0, +).squareRoot()
  }
}
