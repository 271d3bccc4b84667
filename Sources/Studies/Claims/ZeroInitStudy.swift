import Foundation
import Lipschitz
import ResidualNets
import Results
import TorchCore

/// F = 0 at the start makes h + F(h) the identity, which trains deep. Source: Goyal et al. 2017; Zhang et al. 2019.
struct ZeroInitStudy: Study {
  let name = "zero-init"
  let title = "A network that starts as the identity, and trains deeper for it"
  let claim = """
    Where the last layer of every branch (or its norm's scale) starts at zero, a residual network is the identity at the \
    start: output and gradient pass unchanged, and it trains at depths where random initialisation fails (Goyal et al. \
    2017, Zhang et al. 2019).
    """
  let method = """
    At the start: residual MLPs and CIFAR-style networks with batch norm, pre-activation and zero start, on test images; \
    h_L against h₀ (MLP) and every block with an identity shortcut (both), and the loss gradients there, compared bit for \
    bit. Training: residual MLPs without norm, zero start against He and PyTorch's uniform initialisation of every layer, several depths, Adam \
    with the better of two learning rates for each; a network trains if its training loss ends below half of ln K, the \
    loss of chance among K classes. The greatest depth up to which all depths train is compared.
    """
  let criteria: [StudyCriterion] = [
    .check("At the start h_L = h₀ and every block's output is its input, bit for bit."),
    .check("At the start the gradients at h₀ and h_L, and at input and output of every block, are equal bit for bit."),
    "Zero start trains at more blocks than He initialisation: the difference is above 0.",
    "Zero start trains at more blocks than PyTorch's uniform initialisation: the difference is above 0.",
  ]
  let conditions = """
    The identity holds for blocks h + F(h) with an identity shortcut. Post-activation blocks pass the signal unchanged, \
    because it is not negative, but cut the gradient of units at zero. Depth is compared without norm: there He \
    branches double the variance in each block. What counts is that branches start small, not that they start at zero: \
    PyTorch's uniform initialisation is random, its branches have about a sixth of the gain, and where it trains as deep as \
    zero start at the depths tried, the last criterion fails. Norms inside the branches are another remedy. In the \
    first step a zero branch receives gradient at its last layer only.
    """

  @TorchActor func run(_ setting: StudySetting) throws -> StudyOutcome {
    let depths = setting.choose(tiny: [1, 2], quick: [4, 16, 64, 192], full: [4, 16, 64, 256, 1_000])
    let starts = try setting.seeds.map { try Start(setting, $0) }
    let kinds: [NetworkDescription.Initialization] = [.zero, .he, .automatic]
    var losses: [NetworkDescription.Initialization: [[Double]]] = [:]
    for (index, seed) in setting.seeds.enumerated() {
      for (place, kind) in kinds.enumerated() {
        setting.progress(
          "training by depth",
          (Double(index) + Double(place) / Double(kinds.count)) / Double(setting.seeds.count))
        losses[kind, default: []].append(
          try depths.map { try Self.lossRatio(setting, seed, kind, depth: $0) })
      }
    }
    func trainedDepths(_ kind: NetworkDescription.Initialization) -> [Double] {
      losses[kind, default: []].map { Double(zip(depths, $0).prefix { $1 < 0.5 }.last?.0 ?? 0) }
    }
    func advantage(over kind: NetworkDescription.Initialization) -> [Double] {
      zip(trainedDepths(.zero), trainedDepths(kind)).map { $0 - $1 }
    }
    let names: [(NetworkDescription.Initialization, String)] = [
      (.zero, "zero start"), (.he, "He"), (.automatic, "PyTorch's uniform start"),
    ]
    return StudyOutcome(
      judgements: [
        Judgement(starts.allSatisfy(\.keepsSignal), "\(starts.count(where: \.keepsSignal)) of \(starts.count) seeds"),
        Judgement(
          starts.allSatisfy(\.keepsGradient), "\(starts.count(where: \.keepsGradient)) of \(starts.count) seeds"),
        .above(advantage(over: .he), 0, "greatest depth trained, zero start less He"),
        .above(advantage(over: .automatic), 0, "greatest depth trained, zero start less PyTorch's uniform start"),
      ],
      findings: [
        .init(name: "gradient norm at h₀ over that at h_L", seeds: starts.map(\.gradientRatio)),
        .init(name: "post-activation, blocks that pass the signal unchanged", seeds: starts.map(\.postSignalShare)),
        .init(name: "post-activation, blocks that pass the gradient unchanged", seeds: starts.map(\.postGradientShare)),
      ]
        + names.flatMap { kind, name in
          [
            StudyRecord.Finding(name: "\(name), greatest depth trained", seeds: trainedDepths(kind), unit: "blocks"),
            .init(
              name: "\(name), final training loss over chance at \(depths[depths.count - 1]) blocks",
              seeds: losses[kind, default: []].compactMap(\.last)),
          ]
        },
      figures: [
        StudyFigure(
          title: "Zero start trains at depths where He initialisation fails", x: .init("blocks", .logarithmic),
          y: .init("final training loss, 1 is chance, cut at 100", .logarithmic),
          series: names.map { kind, name in
            .init(
              name: name, seedCurves: losses[kind, default: []].map { $0.map { min($0, 100) } },
              at: depths.map(Double.init))
          })
      ])
  }

  /// The training loss that an MLP ends with, at the better of two learning rates, over that of chance.
  @TorchActor private static func lossRatio(
    _ setting: StudySetting, _ seed: UInt64, _ initialization: NetworkDescription.Initialization, depth: Int
  ) throws -> Double {
    let images = try setting.images(side: 8, train: setting.choose(tiny: 24, quick: 1_000, full: 60_000), test: 1)
    let stream = setting.stream(seed, "zero-init").stream(depth)
    let loss = try leastLoss(atRates: [1e-2, 1e-3]) { rate in
      let network = try images.freshNetwork(
        NetworkDescription(
          architecture: .mlp, depth: depth, width: setting.choose(tiny: 8, quick: 32, full: 128),
          initialization: initialization, norm: .none), stream)
      let curve = try train(
        network, on: images.train,
        plan: TrainingPlan(
          length: .epochs(setting.choose(tiny: 1, quick: 8, full: 10)),
          optimizer: .init(kind: .adam, learningRate: rate, weightDecay: 0), schedule: .cosine),
        stream: stream.stream("training"))
      return curve.diverged ? .infinity : try meanLoss(of: network, on: images.train)
    }
    return loss / log(Double(images.classCount))
  }
}

/// Whether networks with zero start pass signal and gradient unchanged.
private struct Start {
  let keepsSignal: Bool
  let keepsGradient: Bool
  /// ‖∂loss/∂h₀‖ / ‖∂loss/∂h_L‖ of the MLP.
  let gradientRatio: Double
  /// Shares of the identity blocks of a post-activation network.
  let postSignalShare: Double
  let postGradientShare: Double

  @TorchActor init(_ setting: StudySetting, _ seed: UInt64) throws {
    let images = try setting.images(side: 8, train: 24, test: setting.choose(tiny: 4, quick: 32, full: 128))
    let stream = setting.stream(seed, "zero-init at the start")
    func passes(_ description: NetworkDescription) throws -> (blocks: [IdentityPass], flow: SignalGradients) {
      var description = description
      description.initialization = .zero
      let network = try images.freshNetwork(description, stream)
      let flow = try SignalGradients(network, images.test.pixels, labels: images.test.targets, mode: .training)
      let blocks = try network.trunk.blocks.enumerated().filter { $1.keepsShape }.map { index, _ in
        try IdentityPass(flow, from: index, to: index + 1)
      }
      return (blocks, flow)
    }
    let width = setting.choose(tiny: 4, quick: 8, full: 16)
    let depth = setting.choose(tiny: 14, quick: 56, full: 110)
    let dense = try passes(
      NetworkDescription(
        architecture: .mlp, depth: setting.choose(tiny: 4, quick: 100, full: 1_000), width: width, norm: .none))
    let convolutional = try passes(NetworkDescription(depth: depth, width: width)).blocks
    let post = try passes(NetworkDescription(depth: depth, width: width, block: .postActivation)).blocks
    let ends = try IdentityPass(dense.flow, from: 0, to: dense.flow.states.count - 1)
    let all = dense.blocks + convolutional + [ends]
    keepsSignal = all.allSatisfy(\.keepsSignal)
    keepsGradient = all.allSatisfy(\.keepsGradient)
    let norms = try dense.flow.norms()
    gradientRatio = norms[0] / norms[norms.count - 1]
    postSignalShare = Double(post.count(where: \.keepsSignal)) / Double(post.count)
    postGradientShare = Double(post.count(where: \.keepsGradient)) / Double(post.count)
  }
}
