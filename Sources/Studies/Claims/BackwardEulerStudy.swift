import Foundation
import RandomStreams
import ResidualNets
import Results
import TorchCore

/// h′ = h + τF(h′) multiplies a mode by 1/(1 − τλ). Source: Hairer & Wanner 1996, §IV.3; Bai et al. 2019.
struct BackwardEulerStudy: Study {
  let name = "backward-euler"
  let title = "Implicit blocks stay stable where explicit ones explode"
  let claim = """
    The implicit block h′ = h + τF(h′) multiplies a mode of a decaying field by 1/(1 − τλ), so it is stable at every step, \
    also where the explicit block's 1 + τλ lies outside the unit circle (Hairer & Wanner 1996, §IV.3); its gradient by the \
    implicit function theorem is that of the unrolled iteration (Bai, Kolter & Koltun 2019).
    """
  let method = """
    Linear fields: λ with a negative real part and |λ| from 0.1 to 1000 at τ = 1, growth per layer over 50 layers, in double \
    precision. Gradients, in double precision: random contractions tanh(W h + b) in 16 dimensions, with respect to state, W \
    and b; and residual MLPs of backward Euler blocks (4 blocks of width 32, τ = 1, layer norms at most 0.7), trained on 8×8 \
    images and deployed, with respect to the pixels; both against 200 recorded iterations of z ← h + τF(z). Stability after \
    training: 6 blocks of dh/dt = −Wᵀ relu(W h + b), trained with backward steps of τ = 4, and the same weights run with \
    forward steps: the largest factor by which the distance of two test images' states grows.
    """
  let criteria: [StudyCriterion] = [
    .check(
      """
      Linear fields: every backward rate is negative and −ln |1 − τλ| to 1e-9; forward steps explode exactly where |1 \
      + τλ| > 1, which they do for some λ.
      """),
    .check("Random contractions: the implicit gradient is the unrolled one to 1e-6 (relative)."),
    .check(
      """
      Trained and deployed networks: logits and gradients of the pixels are those of the unrolled network to 1e-6 \
      (relative).
      """),
    .check("Trained decaying fields: with backward steps no distance grows (factor at most 1 + 1e-6)."),
    "The same trained weights, at τ‖W‖² > 2, with forward steps enlarge distances more than a thousandfold.",
  ]
  let conditions = """
    Stability at every step is that of fields that decay (Re λ < 0, or monotone ones). A mode that grows, Re λ > 0, is \
    amplified by 1/|1 − τλ|, which is more than the explicit step does as long as τλ < 1, and near τλ = 1 there may be no \
    root: a trained branch is not bound to decay unless its form makes it so. The unrolled iteration converges only where \
    τL_F < 1; beyond that there is an implicit gradient but no unrolled one to compare with. Every implicit step costs a root \
    search of several to some dozens of evaluations.
    """

  func run(_ setting: StudySetting) throws -> StudyOutcome {
    let linear = try linearRates(setting)
    let contractions = try setting.seeds.flatMap { seed in
      try (0..<setting.choose(tiny: 2, quick: 10, full: 100)).map { index in
        try gradientDifference(setting.stream(seed, "contraction").stream(index))
      }
    }
    var deployed: [Double] = []
    var trained: [Trained] = []
    for (index, seed) in setting.seeds.enumerated() {
      setting.progress("trained networks", Double(index) / Double(setting.seeds.count))
      deployed.append(try deployedDifference(setting, setting.stream(seed, "deployed")))
      trained.append(try trainMonotone(setting, setting.stream(seed, "monotone")))
    }
    return StudyOutcome(
      judgements: [
        linear.judgement,
        atMost(Statistics.largest(contractions), 1e-6, "largest difference"),
        atMost(Statistics.largest(deployed), 1e-6, "largest difference"),
        atMost(Statistics.largest(trained.map(\.backwardGrowth)), 1 + 1e-6, "largest growth with backward steps"),
        .all([
          Judgement(
            trained.allSatisfy { $0.stiffness > 2 },
            "smallest τ‖W‖²: \(Judgement.text(trained.map(\.stiffness).min() ?? .nan)), to be above 2"),
          .above(trained.map { log10($0.forwardGrowth) }, 3, "log₁₀ of the growth with forward steps"),
        ]),
      ],
      findings: [
        .init(name: "log₁₀ growth of distances, forward steps", seeds: trained.map { log10($0.forwardGrowth) }),
        .init(name: "growth of distances, backward steps", seeds: trained.map(\.backwardGrowth)),
        .init(name: "test accuracy, backward steps", seeds: trained.map(\.backwardAccuracy)),
        .init(name: "test accuracy, same weights with forward steps", seeds: trained.map(\.forwardAccuracy)),
        .init(name: "smallest τ‖W‖² of a block", seeds: trained.map(\.stiffness)),
        .init(name: "linear fields that explode with forward steps", value: Double(linear.explosions)),
        .init(name: "implicit against unrolled gradient, random contractions", value: Statistics.largest(contractions)),
        .init(name: "implicit against unrolled gradient, deployed networks", value: Statistics.largest(deployed)),
      ],
      figures: [linear.figure, growthFigure(trained)])
  }

  private func atMost(_ value: Double, _ limit: Double, _ what: String) -> Judgement {
    Judgement(value <= limit, "\(what): \(Judgement.text(value)), to be at most \(limit)")
  }

  // MARK: Linear fields

  private func linearRates(
    _ setting: StudySetting
  ) throws -> (judgement: Judgement, explosions: Int, figure: StudyFigure) {
    let angles = 5
    let grid = StiffGrid(moduli: setting.choose(tiny: 5, quick: 17, full: 65), angles: angles)
    let forward = try grid.rates(step: 1, layers: 50, backward: false)
    let backward = try grid.rates(step: 1, layers: 50, backward: true)
    let (forwardExact, backwardExact) = (grid.forwardRates(step: 1), grid.backwardRates(step: 1))
    let deviation = Statistics.largest(zip(backward, backwardExact).map { abs($0 - $1) })
    let wrong = zip(forward, forwardExact).count { ($0 > 0) != ($1 > 0) }
    let explosions = forward.count { $0 > 0 }
    let isMet = backward.allSatisfy { $0 < 0 } && deviation <= 1e-9 && wrong == 0 && explosions > 0
    let detail =
      "backward: largest rate \(Judgement.text(Statistics.largest(backward))), "
      + "largest deviation \(Judgement.text(deviation)); "
      + "forward: \(explosions) of \(forward.count) explode, \(wrong) against the prediction"
    // The last angle is the negative real axis, where λ = −|λ|.
    let onAxis = stride(from: angles - 1, to: grid.eigenvalues.count, by: angles)
    func series(_ name: String, _ rates: [Double]) -> StudyFigure.Series {
      StudyFigure.Series(
        name: name, points: onAxis.map { StudyFigure.Point(x: -grid.eigenvalues[$0].real, y: exp(rates[$0])) })
    }
    return (
      Judgement(isMet, detail), explosions,
      StudyFigure(
        title: "Explicit blocks leave stability at τ|λ| = 2, implicit ones never",
        x: .init("τ|λ|, λ real", .logarithmic),
        y: .init("factor a block", .logarithmic),
        series: [series("forward Euler", forward), series("backward Euler", backward)])
    )
  }

  // MARK: Gradients

  private func gradientDifference(_ stream: RandomStream) throws -> Double {
    let width = 16
    let random = try Tensor.normal([width, width], stream.stream("W"), dtype: .float64)
    let weight = try (random * (0.8 / random.singularValues().max().item())).asLeaf()
    let bias = try Tensor.normal([width], stream.stream("b"), dtype: .float64).asLeaf()
    let h = try Tensor.normal([4, width], stream.stream("h"), dtype: .float64).asLeaf()
    let seed = try Tensor.normal([4, width], stream.stream("seed"), dtype: .float64)
    func field(_ z: Tensor) throws -> Tensor { try z.linear(weight, bias).tanh() }
    func slopes(_ z: Tensor) throws -> [Tensor] {
      try gradients(of: (z * seed).sum(), withRespectTo: [h, weight, bias]).map { try $0 ?? h.zerosLike() }
    }
    let solver = ImplicitSolver(tolerance: 1e-12, iterationLimit: 100)
    let implicit = try slopes(backwardEulerStep(h, step: 1, solver: solver, site: "contraction", field))
    let unrolled = try slopes(unrolledBackwardStep(h, step: 1, iterations: 200, field))
    return try Statistics.largest(zip(implicit, unrolled).map { try relativeDistance($0, $1) })
  }

  @TorchActor private func deployedDifference(_ setting: StudySetting, _ stream: RandomStream) throws -> Double {
    let images = try images(setting)
    let description = NetworkDescription(
      architecture: .mlp, depth: 4, width: 32, block: .backwardEuler, norm: .none, branchBudget: 0.7)
    let plan = TrainingPlan(
      length: .epochs(setting.choose(tiny: 1, quick: 4, full: 40)),
      optimizer: OptimizerDescription(kind: .adam, learningRate: 3e-3, weightDecay: 0), schedule: .cosine)
    let network = try images.trainedNetwork(description, plan: plan, stream).deployed().inDoublePrecision()
    guard network.hasImplicitSteps else { return .nan }
    let sample = try images.test.prefix(50)
    let pixels = try sample.pixels.to(.float64)
    func evaluation(_ logits: (Tensor) throws -> Tensor) throws -> (logits: Tensor, gradient: Tensor) {
      let x = try pixels.asLeaf()
      let z = try logits(x)
      let loss = try z.crossEntropy(sample.targets, perSample: true).sum()
      return (try z.detached(), try gradients(of: loss, withRespectTo: [x])[0] ?? pixels.zerosLike())
    }
    let implicit = try evaluation { try network.logits($0) }
    let unrolled = try evaluation { try network.unrolledLogits($0, iterations: 200) }
    return try Statistics.largest([
      relativeDistance(implicit.logits, unrolled.logits), relativeDistance(implicit.gradient, unrolled.gradient),
    ])
  }
}
