import Lipschitz
import RandomStreams
import ResidualNets
import Results
import TorchCore

/// h + F(h) ↦ h in one block after another, plain twins beside. Source: Veit et al. 2016; Huang et al. 2016.
struct LesionStudy: Study {
  let name = "lesion"
  let title = "A plain network collapses without one of its blocks, a residual one hardly notices"
  let claim = """
    Leaving out any one block of a trained plain network makes it collapse; a residual network degrades smoothly with the \
    number of blocks left out (Veit et al. 2016), smoother still where it was trained with stochastic depth (Huang et al. \
    2016).
    """
  let method = """
    Twins with batch norm that differ in the shortcut alone: plain φ(F(h)) and post-activation φ(h + F(h)), and the latter \
    with stochastic depth (survival falling linearly to 0.5 at the last block). Depth 56, width 8, images of side 8 (full: \
    depth 110, width 16, native size), trained alike: SGD, rate 0.1 with cosine decay, momentum 0.9, weight decay 1e-4. \
    Without further training each block that keeps the shape is left out alone, then random sets of two and more; what is \
    kept of the test accuracy is counted above chance: (accuracy without − chance) / (accuracy − chance).
    """
  let criteria: [StudyCriterion] = [
    "Without its most dispensable block the plain network keeps less than half of its accuracy above chance.",
    "Without its least dispensable block the residual network keeps more than half.",
    "With more and more blocks missing, no further one takes half of the residual network's accuracy above chance.",
    "Without one block, mean over blocks, the residual network keeps more than the plain one.",
    "Without one block, mean over blocks, the network trained with stochastic depth keeps more than the residual one.",
  ]
  let conditions = """
    Only blocks whose input and output have the same shape are left out: a block that changes the shape cannot be. The \
    depth matters: the more blocks share the work, the less one of them carries on average, so a shallow residual network \
    suffers more than a deep one. Even a deep one may have a block that it cannot miss: in the quick form the first behind the \
    stem (first figure). Stochastic depth learns more slowly, so that after equal training it is compared before it has \
    caught up (findings). Norms keep the statistics of the intact network. That a block can be left out does not say that \
    training without it would have been as good.
    """

  private static let half = 0.5

  private enum Subject: String, CaseIterable {
    case plain
    case residual
    case stochastic = "stochastic depth"
  }

  func run(_ setting: StudySetting) throws -> StudyOutcome {
    let images = try setting.images(
      side: setting.choose(tiny: 8, quick: 8, full: nil), train: setting.choose(tiny: 60, quick: 1_500, full: nil),
      test: setting.choose(tiny: 24, quick: 600, full: nil))
    var profiles: [Subject: [LesionProfile]] = [:]
    for (index, seed) in setting.seeds.enumerated() {
      for (number, subject) in Subject.allCases.enumerated() {
        let done = index * Subject.allCases.count + number
        setting.progress(
          "seed \(seed): \(subject.rawValue)", Double(done) / Double(setting.seeds.count * Subject.allCases.count))
        // One stream for all: the twins start from the same branches and see the same batches.
        let stream = setting.stream(seed, name)
        let network = try images.trainedNetwork(
          description(subject, setting), plan: plan(setting), stream)
        profiles[subject, default: []].append(
          try LesionProfile(
            NetworkChain(network), on: images.test, classCount: images.classCount, draws: 4,
            most: setting.choose(tiny: 2, quick: 5, full: 20), stream: stream.stream("lesions")))
      }
    }
    return outcome(profiles[.plain] ?? [], profiles[.residual] ?? [], profiles[.stochastic] ?? [])
  }

  private func description(_ subject: Subject, _ setting: StudySetting) -> NetworkDescription {
    NetworkDescription(
      depth: setting.choose(tiny: 14, quick: 56, full: 110), width: setting.choose(tiny: 4, quick: 8, full: 16),
      block: subject == .plain ? .plain : .postActivation, initialization: .he,
      survival: subject == .stochastic ? 0.5 : 1)
  }

  private func plan(_ setting: StudySetting) -> TrainingPlan {
    TrainingPlan(
      length: .epochs(setting.choose(tiny: 4, quick: 16, full: 160)),
      batchSize: setting.choose(tiny: 20, quick: 64, full: 128),
      optimizer: OptimizerDescription(learningRate: 0.1, weightDecay: 1e-4), schedule: .cosine)
  }

  private func outcome(
    _ plain: [LesionProfile], _ residual: [LesionProfile], _ stochastic: [LesionProfile]
  ) -> StudyOutcome {
    func means(_ profiles: [LesionProfile]) -> [Double] { profiles.map { Statistics.mean($0.keptSingly) } }
    func least(_ profiles: [LesionProfile]) -> [Double] { profiles.map { $0.keptSingly.min() ?? .nan } }
    func most(_ profiles: [LesionProfile]) -> [Double] { profiles.map { $0.keptSingly.max() ?? .nan } }
    func excess(_ a: [Double], _ b: [Double]) -> [Double] { zip(a, b).map { $0 - $1 } }
    let named = [("plain", plain), ("residual", residual), ("stochastic depth", stochastic)]
    return StudyOutcome(
      judgements: [
        .below(most(plain), Self.half, "kept by the plain network without its most dispensable block"),
        .above(least(residual), Self.half, "kept by the residual network without its least dispensable block"),
        .below(residual.map(\.largestFall), Self.half, "the most that one more missing block takes"),
        .above(excess(means(residual), means(plain)), 0, "kept by residual less kept by plain"),
        .above(excess(means(stochastic), means(residual)), 0, "kept with stochastic depth less kept without"),
      ],
      findings: named.map { .init(name: "kept without one block, \($0)", seeds: means($1)) }
        + named.map { .init(name: "kept without the least dispensable block, \($0)", seeds: least($1)) }
        + named.map { .init(name: "kept without the most dispensable block, \($0)", seeds: most($1)) }
        + named.map { .init(name: "accuracy with all blocks, \($0)", seeds: $1.map(\.intact)) },
      figures: [
        StudyFigure(
          title: "What is left without one block", x: .init("block left out, of those that keep the shape"),
          y: .init("share of the accuracy above chance"),
          series: named.map { .init(name: $0, seedCurves: $1.map(\.keptSingly)) }),
        StudyFigure(
          title: "What is left as more blocks are missing", x: .init("blocks left out at random"),
          y: .init("share of the accuracy above chance"),
          series: named.map { .init(name: $0, seedCurves: $1.map(\.keptOfSeveral)) }),
      ])
  }
}
