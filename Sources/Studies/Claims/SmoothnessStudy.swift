import Lipschitz
import RandomStreams
import ResidualNets
import Results
import TorchCore

/// ‖∇ₓ loss‖, FGSM's ε and gradient flow against the size of h + αF(h). Source: Zhang et al. 2019; Szegedy et al. 2014.
struct SmoothnessStudy: Study {
  let name = "smoothness"
  let title = "Smaller residual branches make smoother, more robust networks, at the price of gradient flow"
  let claim = """
    Smaller residual branches give smaller input gradients, so that FGSM needs a larger ε; the same factor that robustness \
    gains is lost to the gradients that flow back through the blocks, and to the fit (Zhang et al. 2019, "Towards Robust \
    ResNet: A Small Step but a Giant Leap"; the bound is Szegedy et al. 2014).
    """
  let method = """
    Residual networks of 14 layers (6 blocks) and width 8 on 14×14 images, read out at every position, trained with Adam, equal plans. Two ways to make \
    branches small: a budget c on the norm of each layer in a branch, so that L_F ≤ c² (no norm, head norm at most 16), and \
    the step τ of h + τF(h) in networks with batch norm, which training may undo by growing F. For each network: the mean \
    over test images of ‖∇ₓ CE‖₂ and of the gradient of the margin, the median over correctly classified test images of the \
    smallest L∞ ε at which FGSM succeeds, the amplification ‖∂CE/∂h₀‖ / ‖∂CE/∂h_L‖ of gradients that flow back through all \
    blocks, and the training loss. Each is fitted as a power of c or τ over four sizes; the exponent is judged over seeds.
    """
  let criteria: [StudyCriterion] = [
    "Budgets: the input gradient grows with the size of the branches (exponent above 0).",
    "Budgets: the ε that FGSM needs falls with the size of the branches (exponent below 0).",
    "Steps: the input gradient grows with the size of the branches (exponent above 0).",
    "Steps: the ε that FGSM needs falls with the size of the branches (exponent below 0).",
    """
    Trade-off: the amplification of gradients on their way back grows with the size of the branches, by budget and by \
    step (exponents above 0).
    """,
    """
    Trade-off: the smallest branches cost training loss against the largest, by budget and by step (difference above \
    0).
    """,
  ]
  let conditions = """
    A budget bounds the Jacobian of every block whatever training does; a step size does not, because training may make F \
    larger in return, so the two are judged apart and a finding shows how large the branches are after training. Only \
    blocks are made small: stem, shortcuts and head have sensitivities of their own, and with a free head larger logits can \
    take back what the blocks lose. The input gradient of the cross-entropy also depends on how confident the network is; \
    the gradient of the margin, a finding, does not. FGSM is a single step: the ε it needs is an upper bound on robustness.
    """

  private enum Arm: String, CaseIterable {
    case budget = "budget c", step = "step τ"

    var sizes: [Double] { self == .budget ? [0.25, 0.5, 1, 2] : [1.0 / 27, 1.0 / 9, 1.0 / 3, 1] }

    func description(_ size: Double, depth: Int) -> NetworkDescription {
      switch self {
      case .budget:
        NetworkDescription(
          depth: depth, width: 8, block: .preActivation, norm: .none, readout: .flattened, branchBudget: size,
          headBudget: 16)
      case .step:
        NetworkDescription(
          depth: depth, width: 8, block: .forwardEuler, readout: .flattened, dynamics: .init(step: size))
      }
    }
  }

  /// What is measured on one trained network.
  private struct Figures {
    var inputGradient = 0.0
    var marginGradient = 0.0
    var epsilon = 0.0
    var amplification = 0.0
    var trainingLoss = 0.0
    var accuracy = 0.0
    var branchSize = 0.0
  }

  func run(_ setting: StudySetting) throws -> StudyOutcome {
    let images = try setting.images(
      side: 14, train: setting.choose(tiny: 40, quick: 1_000, full: 60_000),
      test: setting.choose(tiny: 20, quick: 500, full: 2_000))
    var results: [Arm: [[Figures]]] = [:]
    let total = Double(Arm.allCases.count * setting.seeds.count)
    for (index, arm) in Arm.allCases.enumerated() {
      results[arm] = try setting.seeds.enumerated().map { place, seed in
        setting.progress(arm.rawValue, Double(index * setting.seeds.count + place) / total)
        return try arm.sizes.map { try measure(arm.description($0, depth: depth(setting)), images, setting, seed) }
      }
    }
    func exponents(_ arm: Arm, _ figure: KeyPath<Figures, Double>) -> [Double] {
      (results[arm] ?? []).map { Statistics.exponent(arm.sizes, $0.map { $0[keyPath: figure] }) }
    }
    func differences(_ arm: Arm, _ figure: KeyPath<Figures, Double>) -> [Double] {
      (results[arm] ?? []).map { $0[0][keyPath: figure] - $0[$0.count - 1][keyPath: figure] }
    }
    let findings = Arm.allCases.flatMap { arm -> [StudyRecord.Finding] in
      [
        .init(name: "\(arm.rawValue): exponent of the ε that FGSM needs", seeds: exponents(arm, \.epsilon)),
        .init(name: "\(arm.rawValue): exponent of the input gradient", seeds: exponents(arm, \.inputGradient)),
        .init(name: "\(arm.rawValue): exponent of the margin's gradient", seeds: exponents(arm, \.marginGradient)),
        .init(name: "\(arm.rawValue): exponent of the amplification", seeds: exponents(arm, \.amplification)),
        .init(
          name: "\(arm.rawValue): exponent of ‖scaled F‖ / ‖h‖ after training", seeds: exponents(arm, \.branchSize)),
        .init(name: "\(arm.rawValue): test accuracy, smallest minus largest", seeds: differences(arm, \.accuracy)),
      ]
    }
    func figure(_ title: String, _ axis: String, _ value: KeyPath<Figures, Double>) -> StudyFigure {
      let series = Arm.allCases.map { arm in
        StudyFigure.Series(
          name: arm.rawValue, seedCurves: (results[arm] ?? []).map { $0.map { $0[keyPath: value] } }, at: arm.sizes)
      }
      return StudyFigure(
        title: title, x: .init("size of the branches", .logarithmic), y: .init(axis, .logarithmic), series: series)
    }
    return StudyOutcome(
      judgements: [
        .above(exponents(.budget, \.inputGradient), 0, "exponent of the input gradient"),
        .below(exponents(.budget, \.epsilon), 0, "exponent of ε"),
        .above(exponents(.step, \.inputGradient), 0, "exponent of the input gradient"),
        .below(exponents(.step, \.epsilon), 0, "exponent of ε"),
        .all(
          Arm.allCases.map {
            .above(exponents($0, \.amplification), 0, "\($0.rawValue), exponent of the amplification")
          }),
        .all(
          Arm.allCases.map {
            .above(differences($0, \.trainingLoss), 0, "\($0.rawValue), loss of smallest minus largest")
          }),
      ],
      findings: findings,
      figures: [
        figure("FGSM's smallest ε against the size of the branches", "median ε", \.epsilon),
        figure("Input gradients against the size of the branches", "mean ‖∇ₓ CE‖₂", \.inputGradient),
        figure("Training loss against the size of the branches", "cross-entropy", \.trainingLoss),
      ])
  }

  private func depth(_ setting: StudySetting) -> Int { setting.choose(tiny: 8, quick: 14, full: 56) }

  @TorchActor private func measure(
    _ description: NetworkDescription, _ images: StudyImages, _ setting: StudySetting, _ seed: UInt64
  ) throws -> Figures {
    let plan = TrainingPlan(
      length: .epochs(setting.choose(tiny: 10, quick: 10, full: 60)),
      optimizer: OptimizerDescription(kind: .adam, learningRate: 3e-3, weightDecay: 0), schedule: .cosine)
    let network = try images.trainedNetwork(description, plan: plan, setting.stream(seed, name))
    let (pixels, targets) = (images.test.pixels, images.test.targets)
    let deployed = try network.deployed()
    let chain = NetworkChain(network)
    let flow = try chain.gradientNorms(pixels, labels: targets)
    let places = try targets.reshaped([targets.count, 1])
    var result = Figures()
    result.inputGradient = Statistics.mean(
      try deployed.inputGradientNorms(pixels) { try $0.crossEntropy(targets, perSample: true) })
    result.marginGradient = Statistics.mean(
      try deployed.inputGradientNorms(pixels) { logits in
        try logits.gathered(1, places).reshaped([-1]) - logits.scattering(-1e9, 1, places).max([1])
      })
    result.epsilon = Statistics.median(try FastGradientThreshold.each(deployed, on: images.test))
    result.amplification = flow[0] / flow[flow.count - 1]
    result.trainingLoss = try meanLoss(of: network, on: images.train)
    result.accuracy = try accuracy(of: network, on: images.test)
    result.branchSize = try withoutGradients {
      let states = try chain.states(pixels)
      let shares = try chain.steps.indices.filter { chain.steps[$0].keepsShape }.map {
        try (states[$0 + 1] - states[$0]).norm().item() / states[$0].norm().item()
      }
      return Statistics.mean(shares)
    }
    return result
  }
}
