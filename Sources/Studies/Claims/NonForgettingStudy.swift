import RandomStreams
import ResidualNets
import Results
import TorchCore

/// Whether a frozen trunk with small corrections h + A h forgets. Source: Rebuffi et al. 2017, 2018.
struct NonForgettingStudy: Study {
  let name = "non-forgetting"
  let title = "Small corrections beside a frozen path do not forget"
  let claim = """
    Freezing the identity path and learning a small correction leaves old tasks untouched (residual adapters, Rebuffi et \
    al. 2017, 2018); the smaller the correction, the less a shared adapter forgets.
    """
  let method = """
    Three tasks of successive classes. Own adapters: a ResNet with batch norm (depth 8, width 8; full: 20, 16) learns the \
    first task and is frozen; each later task learns an adapter and a head of its own; the logits of every task are \
    compared byte by byte with those when it was learned. As a control the same without freezing. Shared adapter: a \
    residual MLP (4 blocks of width 64; full: 12 of 256) learns the first task and is frozen; the later tasks learn one \
    correction h ↦ block(h) + A_l h, scaled back after each step to √Σ‖A_l‖_F² ≤ r for limits r that double from 1/16 to \
    4, and a head each. Forgetting is the mean over all tasks but the last of the test accuracy when learned less that at \
    the end, the task's identity given. Adam at 1e-3.
    """
  let criteria: [StudyCriterion] = [
    .check(
      """
      With own adapters and a frozen trunk the logits of earlier tasks stay the same byte by byte, for every seed.
      """),
    "The rank correlation of the shared correction's size with forgetting is above 0.5, over seeds.",
    "The shared correction forgets more at the largest limit than at the smallest, over seeds.",
  ]
  let conditions = """
    That disjoint adapters forget nothing is exact and trivial once the task's identity is given and all of the trunk is \
    pinned, the statistics of its norms included; without freezing old tasks change, as the control shows. It says \
    nothing of how well the later tasks are learned: the smaller a correction, the less they gain from it, which the \
    second figure shows. A shared correction forgets by its size only as long as it is driven by later tasks that have \
    no use for the old ones; sizes are of this correction, not of a network's own weights.
    """

  private static let correlationThreshold = 0.5

  private struct Run {
    let isUntouched: Bool
    let unfrozenChange: Double
    let ownAccuracy: Double
    /// By limit.
    let shared: [SharedLearning.Result]

    var correlation: Double { rankCorrelation(shared.map(\.size), shared.map(\.forgetting)) }
    var excess: Double { (shared.last?.forgetting ?? .nan) - (shared.first?.forgetting ?? .nan) }
  }

  func run(_ setting: StudySetting) throws -> StudyOutcome {
    let images = try setting.images(
      side: setting.choose(tiny: 8, quick: 8, full: 28), train: setting.choose(tiny: 60, quick: 1_500, full: nil))
    let tasks = try images.classTasks(3)
    let limits = setting.choose(tiny: [0.25, 4], quick: Self.limits, full: Self.limits)
    let runs = try setting.seeds.enumerated().map { index, seed in
      setting.progress("seed \(seed)", Double(index) / Double(setting.seeds.count))
      return try run(images, tasks, limits, setting, setting.stream(seed, name))
    }
    return outcome(runs, limits)
  }

  private static let limits = (0...6).map { Double(1 << $0) / 16 }

  @TorchActor private func run(
    _ images: StudyImages, _ tasks: [ClassTask], _ limits: [Double], _ setting: StudySetting, _ stream: RandomStream
  ) throws -> Run {
    func adapters() throws -> TaskAdapters {
      try TaskAdapters(
        NetworkDescription(
          depth: setting.choose(tiny: 8, quick: 8, full: 20), width: setting.choose(tiny: 4, quick: 8, full: 16)),
        images, tasks: tasks, plan: plan(.epochs(setting.choose(tiny: 1, quick: 4, full: 30))),
        stream: stream.stream("own adapters"))
    }
    var (frozen, free) = (try adapters(), try adapters())
    let kept = try frozen.learnAll(freezing: true)
    let moved = try free.learnAll(freezing: false)
    let learning = try SharedLearning(
      NetworkDescription(
        architecture: .mlp, depth: setting.choose(tiny: 2, quick: 4, full: 12),
        width: setting.choose(tiny: 12, quick: 64, full: 256), norm: .none),
      images, tasks: tasks, plan: plan(.epochs(setting.choose(tiny: 2, quick: 12, full: 30))),
      stream: stream.stream("shared adapter"))
    return Run(
      isUntouched: kept.isUntouched, unfrozenChange: moved.change, ownAccuracy: try frozen.meanAccuracy(),
      shared: try limits.map { try learning.learn(limit: $0) })
  }

  private func plan(_ length: TrainingPlan.Length) -> TrainingPlan {
    TrainingPlan(
      length: length, batchSize: 32, optimizer: OptimizerDescription(kind: .adam, learningRate: 1e-3, weightDecay: 0))
  }

  private func outcome(_ runs: [Run], _ limits: [Double]) -> StudyOutcome {
    let untouched = runs.count { $0.isUntouched }
    func curves(_ value: (SharedLearning.Result) -> Double) -> [[Double]] { runs.map { $0.shared.map(value) } }
    return StudyOutcome(
      judgements: [
        Judgement(untouched == runs.count, "unchanged logits with \(untouched) of \(runs.count) seeds"),
        .above(runs.map(\.correlation), Self.correlationThreshold, "rank correlation of size and forgetting"),
        .above(runs.map(\.excess), 0, "forgetting at the largest limit less that at the smallest"),
      ],
      findings: [
        .init(name: "rank correlation of the shared correction's size with forgetting", seeds: runs.map(\.correlation)),
        .init(name: "forgetting at the smallest limit", seeds: runs.map { $0.shared.first?.forgetting ?? .nan }),
        .init(name: "forgetting at the largest limit", seeds: runs.map { $0.shared.last?.forgetting ?? .nan }),
        .init(
          name: "accuracy on later tasks at the smallest limit", seeds: runs.map { $0.shared.first?.learning ?? .nan }),
        .init(
          name: "accuracy on later tasks at the largest limit", seeds: runs.map { $0.shared.last?.learning ?? .nan }),
        .init(name: "size of the correction at the largest limit", seeds: runs.map { $0.shared.last?.size ?? .nan }),
        .init(name: "mean accuracy with own adapters", seeds: runs.map(\.ownAccuracy)),
        .init(name: "largest change of an old logit without freezing", seeds: runs.map(\.unfrozenChange)),
      ],
      figures: [
        StudyFigure(
          title: "A larger shared correction forgets more", x: .init("limit of the correction's norm", .logarithmic),
          y: .init("forgetting, share of the test images"),
          series: [.init(name: "shared correction", seedCurves: curves(\.forgetting), at: limits)]),
        StudyFigure(
          title: "What the later tasks gain from a larger correction",
          x: .init("limit of the correction's norm", .logarithmic), y: .init("accuracy when learned"),
          series: [.init(name: "later tasks", seedCurves: curves(\.learning), at: limits)]),
      ])
  }
}
