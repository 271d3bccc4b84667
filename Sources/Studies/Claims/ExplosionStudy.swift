import Foundation
import Lipschitz
import RandomStreams
import ResidualNets
import Results
import TorchCore

/// ‖Π(I + J_l)‖ may explode; (1 − β)h + αF(h) with α ≤ β/L_F may not. Source: submultiplicativity of norm and σ_min.
struct ExplosionStudy: Study {
  let name = "explosion"
  let title = "Residual Jacobians can explode, and scaled blocks cannot"
  let claim = """
    If every block has ‖I + J_l‖ ≥ 1 + γ, the product of these norms grows exponentially in depth, and the Jacobian with \
    it when the smallest singular values do; scaled blocks h ← (1 − β) h + α F(h) with α ≤ β/L_F keep the Jacobian's norm \
    at or below 1 (submultiplicativity of the norm and of σ_min).
    """
  let method = """
    All in float64 from dense Jacobians of each block and their product. Matrices: random I + J_l with all singular values \
    in [1 + γ, 1 + 2γ], and the alternating pair diag(1 + γ, 1/(1 + γ)), diag(1/(1 + γ), 1 + γ), γ = 0.1. Networks: MLPs \
    without norm at test images: residual with He initialisation, untrained; scaled, untrained, with He initialisation and \
    α = β/L_F; scaled, trained by SGD with every branch layer kept at norm about 1 and α = 0.9 β. β is two over the number \
    of blocks. L_F is bounded rigorously by the product of the layers' operator norms, and α ≤ β/L_F is checked with it.
    """
  let criteria: [StudyCriterion] = [
    "Residual, He: the least norm of a block is above 1, and the factor of the end-to-end norm per block is above 1.",
    .check("All singular values at least 1 + γ: the norm at every depth l is at least (1 + γ)^l, to a relative 1e-10."),
    .check(
      """
      Alternating pair: the product of norms is (1 + γ)^L and the Jacobian's norm is 1, both to a relative 1e-12 per \
      block.
      """),
    .check("Scaled, α ≤ β/L_F: every block's and the end-to-end norm are at most 1 + 1e-12, untrained and trained."),
  ]
  let conditions = """
    The product of norms bounds the Jacobian from above only: the alternating pair shows norms that grow while the \
    Jacobian stays the identity, because what one block stretches the next shrinks. That all smallest singular values are \
    above 1 is enough for growth, and not needed: the He network's are below 1 and its Jacobian grows. The \
    stability of scaled blocks is a bound for every input; beyond α = β/L_F nothing is promised, and a norm at or below 1 in \
    every block also means that gradients can only shrink. L_F has to be a bound on the branch, not an estimate.
    """

  private static let gamma = 0.1

  @TorchActor func run(_ setting: StudySetting) throws -> StudyOutcome {
    let depth = setting.choose(tiny: 4, quick: 60, full: 400)
    let expanding = try setting.seeds.map {
      try JacobianCourse(Self.expanding(depth, size: 16, setting.stream($0, "expanding")))
    }
    let alternating = try JacobianCourse(Self.alternating(depth))
    var (he, start, over, trained) = ([NetworkCourse](), [NetworkCourse](), [NetworkCourse](), [NetworkCourse]())
    for (index, seed) in setting.seeds.enumerated() {
      setting.progress("networks", Double(index) / Double(setting.seeds.count))
      he.append(try Self.residual(setting, seed))
      start.append(try Self.scaled(setting, seed, excess: 1))
      over.append(try Self.scaled(setting, seed, excess: 10))
      trained.append(try Self.trainedScaled(setting, seed))
    }
    let stable = start + trained
    let largest = stable.map(\.largestNorm).max() ?? .infinity
    return StudyOutcome(
      judgements: [
        .all([
          .above(he.map(\.leastNorm), 1, "least norm of a block"),
          .above(he.map { $0.factor(\.jacobian) }, 1, "factor of the end-to-end norm per block"),
        ]),
        Self.judgeExpanding(expanding),
        Self.judgeAlternating(alternating),
        Judgement(
          stable.allSatisfy(\.isCovered) && largest <= 1 + 1e-12,
          "largest norm 1 \(largest < 1 ? "−" : "+") \(Judgement.text(abs(largest - 1))), α ≤ β/L_F in "
            + "\(stable.count(where: \.isCovered)) of \(stable.count) networks"),
      ],
      findings: [
        .init(name: "residual, He, factor of the end-to-end norm per block", seeds: he.map { $0.factor(\.jacobian) }),
        .init(
          name: "residual, He, factor of the product of norms per block", seeds: he.map { $0.factor(\.largestProduct) }),
        .init(
          name: "residual, He, factor of the product of smallest singular values per block",
          seeds: he.map { $0.factor(\.smallestProduct) }),
        .init(name: "alternating pair, product of norms", value: pow(10, alternating.largestProduct[depth])),
        .init(name: "alternating pair, norm of the Jacobian", value: pow(10, alternating.jacobian[depth])),
        .init(name: "scaled, untrained, end-to-end norm", seeds: start.map(\.endToEnd)),
        .init(name: "scaled, trained, end-to-end norm", seeds: trained.map(\.endToEnd)),
        .init(name: "scaled, trained, accuracy on training images", seeds: trained.map(\.accuracy)),
        .init(name: "scaled, untrained, with ten times that α, end-to-end norm", seeds: over.map(\.endToEnd)),
      ],
      figures: [
        Self.figure(
          "Networks: the He Jacobian explodes, the scaled one does not",
          [
            ("residual, He: product of norms", he.map(\.course.largestProduct)),
            ("residual, He: Jacobian", he.map(\.course.jacobian)),
            ("scaled: Jacobian", start.map(\.course.jacobian)),
            ("scaled, trained: Jacobian", trained.map(\.course.jacobian)),
          ]),
        Self.figure(
          "Matrices: norms above 1 make the Jacobian grow only with the smallest singular values",
          [
            ("all singular values above 1: Jacobian", expanding.map(\.jacobian)),
            ("alternating pair: product of norms", [alternating.largestProduct]),
            ("alternating pair: Jacobian", [alternating.jacobian]),
          ]),
      ])
  }

  static func judgeExpanding(_ courses: [JacobianCourse]) -> Judgement {
    // Of log₁₀ of the norm over the bound; a relative 1e-10 is 4.3e-11 of it.
    let slack =
      courses.flatMap { course in
        course.jacobian.enumerated().map { $1 - Double($0) * log10(1 + gamma) }
      }.min() ?? -.infinity
    return Judgement(
      slack >= log10(1 - 1e-10), "least norm over (1 + γ)^l at any depth \(Judgement.text(pow(10, slack)))")
  }

  static func judgeAlternating(_ course: JacobianCourse) -> Judgement {
    let depth = course.norms.count
    let errors = (
      pow(10, course.largestProduct[depth]) / pow(1 + gamma, Double(depth)) - 1, pow(10, course.jacobian[depth]) - 1
    )
    return Judgement(
      max(abs(errors.0), abs(errors.1)) <= 1e-12 * Double(depth),
      "relative errors \(Judgement.text(errors.0)) and \(Judgement.text(errors.1)) over \(depth) blocks")
  }

  /// Random matrices U diag(σ) Vᵀ with σ uniform in [1 + γ, 1 + 2γ] and the ends among them.
  static func expanding(_ count: Int, size: Int, _ stream: RandomStream) throws -> [Tensor] {
    try (0..<count).map { index in
      let own = stream.stream(index)
      let u = try ShortcutProjection.orthonormal(outputs: size, inputs: size, own.stream("u"))
      let v = try ShortcutProjection.orthonormal(outputs: size, inputs: size, own.stream("v"))
      let ends = try Tensor([0.0, 1.0], [2])
      let unit = try Tensor.concatenated([ends, Tensor.uniform([size - 2], own.stream("values"), dtype: .float64)])
      return try (u * (unit * gamma + (1 + gamma))).matmul(v)
    }
  }

  /// diag(1 + γ, 1/(1 + γ)) and its exchange in turn, an even number of them.
  static func alternating(_ count: Int) throws -> [Tensor] {
    let (long, short) = (1 + gamma, 1 / (1 + gamma))
    return try (0..<count).map {
      try Tensor($0.isMultiple(of: 2) ? [long, 0, 0, short] : [short, 0, 0, long], [2, 2])
    }
  }

  private static func figure(_ title: String, _ lines: [(String, [[Double]])]) -> StudyFigure {
    StudyFigure(
      title: title, x: .init("block"), y: .init("norm, decades"),
      series: lines.map { .init(name: $0, seedCurves: $1) })
  }
}
