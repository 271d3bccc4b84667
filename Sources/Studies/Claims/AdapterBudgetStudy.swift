import RandomStreams
import ResidualNets
import Results
import TorchCore

/// What an adapter's Lipschitz budget promises before training, and what it costs. Source: the budgets of
/// `Trunk.statedFeatureBound(for:)`, on the residual adapters of Rebuffi et al. 2018.
struct AdapterBudgetStudy: Study {
  let name = "adapter-budget"
  let title = "An adapter's Lipschitz budget keeps what it states before training, at a price in accuracy"
  let claim = """
    Where every correction of a frozen trunk keeps ‖A‖ ≤ c, a bound from pixels to features can be stated before a task is \
    trained, and no training exceeds it; the smaller the budget, the less a task learns.
    """
  let method = """
    Three tasks of successive classes. A perceptron without norms (2 hidden layers of 128; full: 512), frozen behind the \
    first task. Each later task trains a head and parallel adapters of rank 8 under budgets c from 0 (no adapter) to 1, and \
    without one, from the same start and on the same batches. Before training the bound of the adapted trunk is stated; \
    afterwards the deployed network, corrections merged, is bounded and certified in single precision. Figures are means \
    over the two later tasks, the task given. Adam at 1e-3.
    """
  let criteria: [StudyCriterion] = [
    .check(
      """
      The bound of the deployed network after training is at most the one stated before, compared exactly, for every \
      budget, task and seed.
      """),
    "Without a budget the bound after training is above the one that the smallest budget states, over seeds.",
    "Accuracy without a budget is above that under the smallest budget above 0, over seeds.",
    "The rank correlation of budget and accuracy is above 0.5, over seeds.",
  ]
  let conditions = """
    The statement is a theorem, and holds whatever the adapter learns; how much of it is used up is measured. It covers \
    the way from pixels to features: the head is trained freely, and certified radii divide by the distances of its rows. \
    The price is that of these tasks and this trunk: a trunk whose features suit a later task needs no adapter. Training \
    knows nothing of certificates here, so certified accuracy shows what a budget does to them by itself.
    """

  private static let budgets = [0, 0.05, 0.1, 0.2, 0.5, 1]
  private static let correlationThreshold = 0.5

  /// Of one seed.
  private struct Run {
    let trunkBound: Double
    /// By budget.
    let budgeted: [BudgetedAdapters.Result]
    let free: BudgetedAdapters.Result

    var exceeding: Int { budgeted.reduce(0) { $0 + $1.exceeding } }
    var freeBound: Double { Statistics.mean(free.measured) }
    /// The smallest budget above 0 stands second.
    var growth: Double { freeBound / (budgeted[1].stated ?? .nan) }
    var price: Double { free.accuracy - budgeted[1].accuracy }
    func correlation(_ budgets: [Double]) -> Double { rankCorrelation(budgets, budgeted.map(\.accuracy)) }
  }

  func run(_ setting: StudySetting) throws -> StudyOutcome {
    let images = try setting.images(
      side: setting.choose(tiny: 8, quick: nil, full: nil), train: setting.choose(tiny: 60, quick: 4_500, full: nil))
    let tasks = try images.classTasks(3)
    let budgets = setting.choose(tiny: [0, 0.1, 1], quick: Self.budgets, full: Self.budgets)
    let radius = try Rational(1, over: 10)
    let runs = try setting.seeds.enumerated().map { index, seed in
      let learning = try BudgetedAdapters(
        NetworkDescription(
          architecture: .perceptron, depth: 2, width: setting.choose(tiny: 12, quick: 128, full: 512), block: .plain,
          norm: .none), images, tasks: tasks, plan: plan(setting), stream: setting.stream(seed, name))
      let allowances = budgets.map(BudgetedAdapters.Allowance.budget) + [.free]
      let results = try allowances.enumerated().map { place, allowance in
        let share = (Double(index) + Double(place) / Double(allowances.count)) / Double(setting.seeds.count)
        setting.progress("seed \(seed)", share)
        return try learning.learn(allowance, radius: radius)
      }
      return Run(
        trunkBound: learning.trunkBound, budgeted: Array(results.dropLast()), free: results[results.count - 1])
    }
    return outcome(runs, budgets, radius)
  }

  private func plan(_ setting: StudySetting) -> TrainingPlan {
    TrainingPlan(
      length: .epochs(setting.choose(tiny: 3, quick: 12, full: 30)), batchSize: 32,
      optimizer: OptimizerDescription(kind: .adam, learningRate: 1e-3, weightDecay: 0))
  }

  private func outcome(_ runs: [Run], _ budgets: [Double], _ radius: Rational) -> StudyOutcome {
    let exceeding = runs.reduce(0) { $0 + $1.exceeding }
    let networks = runs.reduce(0) { $0 + $1.budgeted.reduce(0) { $0 + $1.measured.count } }
    var findings: [StudyRecord.Finding] = [
      .init(name: "networks that exceed their statement", value: Double(exceeding)),
      .init(name: "bound of the trunk alone", seeds: runs.map(\.trunkBound)),
    ]
    for (place, budget) in budgets.enumerated() {
      findings += figuresOf("budget \(budget)", runs, runs.map { $0.budgeted[place] }, radius)
    }
    findings += figuresOf("no budget", runs, runs.map(\.free), radius)
    findings.append(
      .init(name: "rank correlation of budget and accuracy", seeds: runs.map { $0.correlation(budgets) }))
    return StudyOutcome(
      judgements: [
        Judgement(exceeding == 0, "\(exceeding) of \(networks) networks exceed their statement"),
        .above(runs.map(\.growth), 1, "bound without a budget over that stated for \(budgets[1])"),
        .above(runs.map(\.price), 0, "accuracy without a budget less that under \(budgets[1])"),
        .above(
          runs.map { $0.correlation(budgets) }, Self.correlationThreshold, "rank correlation of budget and accuracy"),
      ],
      findings: findings,
      figures: figures(runs, budgets, radius))
  }

  /// - Parameter results: by seed.
  private func figuresOf(
    _ what: String, _ runs: [Run], _ results: [BudgetedAdapters.Result], _ radius: Rational
  ) -> [StudyRecord.Finding] {
    let stated = results.compactMap(\.stated)
    var findings: [StudyRecord.Finding] = []
    if !stated.isEmpty {
      let factors = zip(stated, runs).map { $0 / $1.trunkBound }
      findings.append(.init(name: "\(what): factor stated over the trunk", seeds: factors))
      findings.append(.init(name: "\(what): bound stated before", seeds: stated))
    }
    findings.append(.init(name: "\(what): largest bound after", seeds: results.map { $0.measured.max() ?? .nan }))
    findings.append(.init(name: "\(what): accuracy", seeds: results.map(\.accuracy)))
    findings.append(.init(name: "\(what): certified at L2 \(radius.text)", seeds: results.map(\.certified)))
    return findings
  }

  private func figures(_ runs: [Run], _ budgets: [Double], _ radius: Rational) -> [StudyFigure] {
    /// A figure of each budget, and that without one as a level.
    func series(_ name: String, _ value: (BudgetedAdapters.Result) -> Double) -> [StudyFigure.Series] {
      let ends = [budgets[0], budgets[budgets.count - 1]]
      return [
        .init(name: name, seedCurves: runs.map { $0.budgeted.map(value) }, at: budgets),
        .init(
          name: "\(name), no budget",
          seedCurves: runs.map { run in ends.map { _ in value(run.free) } }, at: ends),
      ]
    }
    let budget = StudyFigure.Axis("budget c of each correction")
    return [
      StudyFigure(
        title: "What a budget costs", x: budget, y: .init("share of the test images"),
        series: series("accuracy", \.accuracy) + series("certified at L2 \(radius.text)", \.certified)),
      StudyFigure(
        title: "What a budget states, and what training used of it", x: budget,
        y: .init("bound from pixels to features", .logarithmic),
        series: [
          StudyFigure.Series(
            name: "stated before", seedCurves: runs.map { $0.budgeted.map { $0.stated ?? .nan } }, at: budgets)
        ] + series("after training") { $0.measured.max() ?? .nan }),
    ]
  }
}
