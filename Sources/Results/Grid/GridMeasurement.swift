/// What a grid takes from the results of one cell.
public struct GridMeasurement: Sendable, Hashable, Codable {
  /// In order.
  public private(set) var metrics: [GridMetric] = []
  /// By the id of its metric; what was not measured is absent.
  public private(set) var figures: [String: Double] = [:]
  /// The names of each task's classes, in order.
  public let tasks: [[String]]
  /// How images became tasks, a line each.
  public let stream: [String]

  public init(_ results: Results) {
    tasks = results.tasks.map(\.classes)
    stream = results.stream
    addLearning(results)
    for row in results.metrics where row.key.measure != MeasureName.clean { addRobustness(row) }
    addCost(results)
  }

  private mutating func addLearning(_ results: Results) {
    let clean = results.metrics(of: .clean(.taskAware))
    let shown: [ContinualMetric] = [.averageAccuracy, .forgetting, .backwardTransfer, .learningAccuracy]
    for metric in shown {
      add(
        GridMetric(
          id: metric.rawValue, title: metric.title, group: .learning, unit: metric.isDifference ? .difference : .rate,
          better: metric.lowerIsBetter ? .lower : .higher), clean?[metric])
    }
    add(
      GridMetric(
        id: "averageAccuracy.taskAgnostic", title: "Average accuracy, task inferred", group: .learning, unit: .rate,
        better: .higher), results.metrics(of: .clean(.taskAgnostic))?.averageAccuracy)
    add(
      GridMetric(
        id: "taskInference", title: "Tasks inferred", group: .learning, unit: .rate, better: .higher),
      results.taskInference?.accuracy.last ?? nil)
  }

  /// Average accuracy under one attack at one size, or certified at one radius.
  private mutating func addRobustness(_ row: MetricRow) {
    let key = row.key
    // 0.1 and 1/10 are one size.
    let size = key.epsilon.map { "\($0.numerator)/\($0.denominator)" }
    let agnostic = key.readout == .taskAgnostic
    let parts = [key.measure, key.norm?.rawValue, size, agnostic ? "taskAgnostic" : nil].compactMap(\.self)
    add(
      GridMetric(
        id: (["averageAccuracy"] + parts).joined(separator: "."),
        title: key.title + (agnostic ? ", task inferred" : ""), group: .robustness, unit: .rate, better: .higher),
      row.averageAccuracy)
  }

  private mutating func addCost(_ results: Results) {
    let parameters = results.parameters
    if !parameters.perTask.isEmpty {
      // As floats: the sum of counts from a file may overflow.
      let perTask = parameters.perTask.reduce(0) { $0 + Double($1) } / Double(parameters.perTask.count)
      add(GridMetric(id: "parametersPerTask", title: "Parameters per task", group: .cost, unit: .count), perTask)
      add(
        GridMetric(id: "parametersPerTask.ofTrunk", title: "Of the trunk's parameters", group: .cost, unit: .rate),
        parameters.trunk > 0 ? perTask / Double(parameters.trunk) : nil)
    }
    add(
      GridMetric(id: "keptImages", title: "Images kept", group: .cost, unit: .count),
      Double(results.memory?.images ?? 0))
    add(GridMetric(id: "trainSeconds", title: "Training", group: .cost, unit: .seconds), results.seconds.train)
  }

  private mutating func add(_ metric: GridMetric, _ value: Double?) {
    guard let value, value.isFinite else { return }
    metrics.append(metric)
    figures[metric.id] = value
  }
}
