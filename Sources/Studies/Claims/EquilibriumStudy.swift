import Foundation
import Lipschitz
import RandomStreams
import ResidualNets
import Results
import TorchCore

/// F(h*) = 0 is a fixed point, stable where |1 + τλ| < 1. Source: Haber & Ruthotto 2017; Lyapunov's indirect method.
struct EquilibriumStudy: Study {
  let name = "equilibrium"
  let title = "Where the branch is zero the block stands still"
  let claim = """
    F(h*) = 0 makes h* a fixed point of h + τF(h), for every τ, and of the implicit block alike; it attracts where \
    |1 + τλ| < 1 for every eigenvalue λ of the branch's Jacobian at h*, and repels where one is outside (Haber & Ruthotto \
    2017; Lyapunov's indirect method).
    """
  let method = """
    Exact: random affine fields A h + b with h* = −A⁻¹b in 8 dimensions, explicit and implicit blocks, double precision. \
    Trained: scaled blocks h ← (1 − β)h + αF(h), α = 1, β = 0.9, layer norms at most 0.9, of residual MLPs (6 blocks of width \
    24) trained on 8×8 images; the block is an Euler step of the field G(h) = αF(h) − βh, whose zero is searched for from a \
    test image's state. Stability: eigenvalues of the dense Jacobian of G there, and steps h + τG(h) of τ from 0.5 to 6 \
    from 1e-9 beside h*: whether the distance falls or grows over the second 200 of 400 steps. Also: zeros of the branches of \
    a free residual network, searched for from test images' states.
    """
  let criteria: [StudyCriterion] = [
    .check(
      """
      Affine fields: the explicit block (τ = 1/10, 1, 10) and the implicit one map h* to itself to 1e-12 (relative).
      """),
    .check(
      """
      Trained scaled blocks: a zero of G is found in every block, and the network's own block moves it by less than \
      1e-10 (relative).
      """),
    .check(
      """
      Trained scaled blocks: whether a small displacement dies out or grows is what max |1 + τλ| says, in every case \
      where that is more than 0.01 from 1.
      """),
  ]
  let conditions = """
    That a zero of the branch is a fixed point is exact; that there is one is not promised. A scaled block with αL_F < β has \
    exactly one, which attracts from everywhere under its own step. A free branch W₂φ(W₁φ(h) + b₁) + b₂ with φ = ReLU, as \
    wide as the state, rarely has one: where a unit is switched off its values fill no volume, so a zero there is a \
    coincidence, and a finding counts how often the search meets one. Networks of finite depth with a branch of their own in every block need not come \
    near any of these points. The eigenvalues decide only close to h*, and not where a ReLU switches at h* itself.
    """

  static let alpha = 1.0
  static let beta = 0.9

  func run(_ setting: StudySetting) throws -> StudyOutcome {
    let exact = try (0..<setting.choose(tiny: 10, quick: 200, full: 2_000)).map { index in
      try affineDisplacement(setting.stream(0, "affine").stream(index))
    }
    var (trained, cases, free): ([Found], [StabilityCase], [Bool]) = ([], [], [])
    for (index, seed) in setting.seeds.enumerated() {
      setting.progress("trained branches", Double(index) / Double(setting.seeds.count))
      let scaled = try scaledZeros(setting, setting.stream(seed, "scaled"))
      trained += scaled.found
      cases += scaled.cases
      free += try freeZeros(setting, setting.stream(seed, "free"))
    }
    let clear = cases.filter { abs($0.radius - 1) > 0.01 }
    let wrong = clear.count { ($0.growth > 0) != ($0.radius > 1) }
    let displacement = Statistics.largest(trained.map { $0.displacement ?? .infinity })
    let found = free.count { $0 }
    return StudyOutcome(
      judgements: [
        Judgement(
          (Statistics.largest(exact)) <= 1e-12, "largest displacement: \(Judgement.text(Statistics.largest(exact)))"),
        Judgement(
          displacement < 1e-10,
          "found in \(trained.count { $0.displacement != nil }) of \(trained.count) blocks, largest displacement "
            + Judgement.text(displacement)),
        Judgement(
          wrong == 0 && clear.contains { $0.radius > 1 } && clear.contains { $0.radius < 1 },
          "\(wrong) of \(clear.count) against the eigenvalues; \(clear.count { $0.radius > 1 }) of them unstable"),
      ],
      findings: [
        .init(name: "largest displacement of a trained block's zero, relative", value: displacement),
        .init(name: "stability cases against the eigenvalues", value: Double(wrong)),
        .init(name: "stability cases judged", value: Double(clear.count)),
        .init(
          name: "largest difference of measured and predicted rate a step",
          value: Statistics.largest(clear.map { abs($0.growth - log($0.radius)) })),
        .init(
          name: "free branches: searches that met a zero",
          value: 100 * Double(found) / Double(max(1, free.count)),
          unit: "%"),
      ],
      figures: [figure(clear)])
  }

  /// How far blocks move h* = −A⁻¹b, relative to its length.
  private func affineDisplacement(_ stream: RandomStream) throws -> Double {
    let d = 8
    let noise = try Tensor.normal([d, d], stream.stream("A"), dtype: .float64) * (0.4 / Double(d).squareRoot())
    let matrix = try noise - Tensor.eye(d, dtype: .float64)
    let bias = try Tensor.normal([1, d], stream.stream("b"), dtype: .float64)
    let zero = try matrix.solved(for: bias.transposed()).transposed().negated()
    func field(_ h: Tensor) throws -> Tensor { try h.matmul(matrix.transposed()) + bias }
    let explicit = try [0.1, 1, 10].map { try relativeDistance(zero + field(zero) * $0, zero) }
    let solver = ImplicitSolver(tolerance: 1e-13, iterationLimit: 100)
    let implicit = try relativeDistance(backwardEulerStep(zero, step: 1, solver: solver, site: "affine", field), zero)
    return Statistics.largest(explicit + [implicit])
  }

  private func figure(_ cases: [StabilityCase]) -> StudyFigure {
    let points = cases.sorted { $0.radius < $1.radius }
    return StudyFigure(
      title: "Displacements grow where the eigenvalues say so", x: .init("max |1 + τλ|", .logarithmic),
      y: .init("measured growth a step", .logarithmic),
      series: [
        .init(name: "measured", points: points.map { .init(x: $0.radius, y: exp($0.growth)) }),
        .init(name: "predicted", points: points.map { .init(x: $0.radius, y: $0.radius) }),
      ])
  }
}
