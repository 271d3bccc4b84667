import Foundation
import Lipschitz
import RandomStreams
import ResidualNets
import Results
import TorchCore

/// h ← h + τF(h) decays where |1 + τλ| < 1 and converges as O(τ). Source: Haber & Ruthotto 2017; Hairer et al. 1993.
struct EulerStudy: Study {
  let name = "euler"
  let title = "Residual blocks are forward Euler steps: stable for |1 + τλ| < 1, and convergent as τ is halved"
  let claim = """
    h ← h + τF(h) is the forward Euler method for dh/dt = F(h). Linear fields decay where |1 + τλ| < 1 for every eigenvalue \
    and explode where it is above 1 for one; halving τ and doubling the depth converges to one trajectory with an error \
    O(τ); over finite time the Jacobian stays bounded by exp(T·L_F) however many layers there are (Haber & Ruthotto 2017; \
    Hairer, Nørsett & Wanner 1993, §I.7).
    """
  let method = """
    Linear: random fields of six dimensions with known eigenvalues, at steps from half to twice the critical one, over 2²⁰ \
    layers by repeated squaring, in double precision. Order: the logistic equation, whose solution is known, and residual \
    MLPs of 8 blocks (width 32, τ = 1/4, one shared branch, no norm), trained on 8×8 images and then refined: the trained \
    branch in 2 to 16 times as many blocks of a step as much smaller, against 256 times as many; the error is the mean \
    distance of the final states of test images. Jacobian: the largest singular value of ∂h_L/∂h₀ of the refined networks \
    at test images, from the dense matrix, beside exp(T·L_F) with a rigorous upper bound on L_F.
    """
  let criteria: [StudyCriterion] = [
    .check(
      """
      Linear fields: in every case the state decays exactly where max |1 + τλ| < 1 and grows where it is above 1, at \
      the rate ln max |1 + τλ| within 1e-4 a layer.
      """),
    .check(
      """
      The logistic equation: the order of the error in τ at the last of ten halvings of τ = 1/4 is between 0.99 and \
      1.01.
      """),
    "Trained networks: the order of the error in τ is between 0.9 and 1.1.",
    .check("Trained networks: the Jacobian's norm is below exp(T·L_F) at every depth."),
    "Trained networks: doubling the depth once more changes the Jacobian's norm by less than 5 %.",
  ]
  let conditions = """
    Convergence is that of one field F(h) refined in time, so the refined blocks share one branch; networks whose blocks \
    have branches of their own follow a field that changes with time, and refining them needs a rule for the branches in \
    between. The order 1 needs a Lipschitz field, which ReLU branches are. The Jacobian is bounded over finite time only: \
    with τ held and layers added the time grows, and a finding shows what becomes of the norm then. exp(T·L_F) is a bound, \
    usually far above what is measured. Stability by eigenvalues is that of linear fields; a trained branch is linear only \
    near one state.
    """

  let factors = [1, 2, 4, 8, 16]
  private let ratios = [0.5, 0.9, 0.99, 1.01, 1.1, 2.0]

  func run(_ setting: StudySetting) throws -> StudyOutcome {
    let linear = try linearCases(setting.choose(tiny: 50, quick: 1_000, full: 10_000), setting.stream(0, "linear"))
    let logistic = logisticErrors()
    let trained = try setting.seeds.enumerated().map { index, seed in
      setting.progress("trained fields", Double(index) / Double(setting.seeds.count))
      return try refine(setting, setting.stream(seed, name))
    }
    let orders = trained.map { Statistics.exponent($0.steps, $0.errors) }
    let doubled = trained.map { $0.norms[$0.norms.count - 1] / $0.norms[$0.norms.count - 2] }
    let largestShare = trained.map { run in Statistics.largest(run.norms.map { $0 / run.bound }) }
    return StudyOutcome(
      judgements: [
        Judgement(
          linear.wrong == 0 && linear.deviation <= 1e-4,
          "\(linear.wrong) of \(linear.count) cases on the wrong side; largest deviation of the rate "
            + Judgement.text(linear.deviation)),
        Judgement(
          (0.99...1.01).contains(logistic.order), "order \(Judgement.text(logistic.order)), to be 0.99 to 1.01"),
        .within(orders, 0.9...1.1, "order"),
        Judgement(
          largestShare.allSatisfy { $0 <= 1 },
          "largest share of the bound: \(Judgement.text(Statistics.largest(largestShare)))"),
        .within(doubled, 0.95...1.05, "norm at the greatest depth over that at half of it"),
      ],
      findings: [
        .init(name: "linear fields on the wrong side", value: Double(linear.wrong)),
        .init(name: "linear fields judged", value: Double(linear.count)),
        .init(name: "order, logistic equation, last halving", value: logistic.order),
        .init(name: "order, logistic equation, first halving", value: logistic.firstOrder),
        .init(name: "order, trained networks", seeds: orders),
        .init(
          name: "Jacobian's norm at 16 times the depth over the original, same time",
          seeds: trained.map { $0.norms[4] / $0.norms[0] }),
        .init(name: "the same with τ held", seeds: trained.map { $0.heldNorms[4] / $0.heldNorms[0] }),
        .init(name: "bound exp(T·L_F)", seeds: trained.map(\.bound)),
        .init(name: "predictions that refining 16 times changes", seeds: trained.map { 100 * $0.changed }, unit: "%"),
      ],
      figures: [
        StudyFigure(
          title: "Halving the step halves the error", x: .init("step relative to the network's own", .logarithmic),
          y: .init("distance from the limit", .logarithmic),
          series: [
            series("trained networks", trained.map { Array(zip($0.steps, $0.errors)) }),
            series("logistic equation", [logistic.points]),
          ]),
        StudyFigure(
          title: "The Jacobian settles over the same time, and not with the step held",
          x: .init("blocks", .logarithmic), y: .init("largest singular value of ∂h_L/∂h₀", .logarithmic),
          series: [
            series("same time", trained.map { Array(zip(depths, $0.norms)) }),
            series("same step", trained.map { Array(zip(depths, $0.heldNorms)) }),
          ]),
      ])
  }

  private var depths: [Double] { factors.map { Double(8 * $0) } }

  private func series(_ name: String, _ runs: [[(Double, Double)]]) -> StudyFigure.Series {
    .init(name: name, seedCurves: runs.map { $0.map { $0.1 } }, at: runs.first?.map { $0.0 } ?? [])
  }

  private func linearCases(
    _ count: Int, _ stream: RandomStream
  ) throws -> (count: Int, wrong: Int, deviation: Double) {
    let fields = try LinearFields(count, pairs: 3, stream)
    var (wrong, deviation) = (0, 0.0)
    for ratio in ratios {
      let steps = fields.criticalSteps.map { $0 * ratio }
      let predicted = fields.predictedRates(steps: steps)
      let measured = try fields.measuredRates(steps: steps, doublings: 20)
      // A NaN is on no side.
      wrong += zip(measured, predicted).count { !($0 < 0 && $1 < 0 || $0 > 0 && $1 > 0) }
      deviation = zip(measured, predicted).reduce(deviation) { max($0, abs($1.0 - $1.1)) }
    }
    return (count * ratios.count, wrong, deviation)
  }

  /// dh/dt = h(1 − h) from h₀ = 1/10 over T = 4: h(T) = 1 / (1 + 9 e^(−T)). The order is log₂ of the ratio of the
  /// errors before and after a halving.
  private func logisticErrors() -> (firstOrder: Double, order: Double, points: [(Double, Double)]) {
    let exact = 1 / (1 + 9 * exp(-4.0))
    let points = (0...10).map { halvings in
      let factor = 1 << halvings
      let step = 0.25 / Double(factor)
      let end = (0..<16 * factor).reduce(0.1) { h, _ in h + step * h * (1 - h) }
      return (1 / Double(factor), abs(end - exact))
    }
    let orders = zip(points, points.dropFirst()).map { log2($0.1 / $1.1) }
    return (orders.first ?? .nan, orders.last ?? .nan, points)
  }
}
