import Results

extension Page {
  /// Every metric under every convention, strategies as columns.
  var metricsSection: Section? {
    let keys = entries.keys { $0.measure == MeasureName.clean }
    guard !keys.isEmpty else { return nil }
    let columns = keys.flatMap { key in
      entries.compactMap { entry in entry.metrics(key).map { (entry, key, $0) } }
    }
    let metrics = ContinualMetric.allCases.filter { metric in columns.contains { $0.2[metric] != nil } }
    let rows = metrics.map { metric -> [Markup] in
      let name: Markup = "<a href=\"#def-\(metric.rawValue)\">\(metric.title)</a>"
      return [name] + columns.map { figure(metric, $0.2) }
    }
    let header = columns.map { entry, key, _ -> Markup in "\(entry.label)<br/>\(key.readout.title)" }
    return Section(
      id: "metrics", title: "Memory, in every convention",
      content: """
        <p>The field disagrees about what forgetting is, so every convention is here under its own name; each name leads
        to its formula and source. Accuracies are per cent, differences percentage points. Beside a forgetting of zero,
        read the learning accuracy, the parameters per task and the images kept: a network that may grow or look back can
        forget nothing at a price.</p>
        \(DataTable(caption: "Metrics of clean accuracy", header: ["Metric"] + header, rows: rows).markup)
        \(parametersTable)
        """)
  }

  func figure(_ metric: ContinualMetric, _ row: MetricRow) -> Markup {
    "\(Figures.metric(metric, row[metric]))<small>\(Figures.metricInterval(metric, row.intervals[metric]))</small>"
  }

  private var parametersTable: Markup {
    let rows = entries.map { entry -> [Markup] in
      let parameters = entry.results.parameters
      let perTask = parameters.perTask.map(Figures.count)
      let distinct = Set(perTask).count == 1 ? "\(perTask[0]) each" : perTask.joined(separator: ", ")
      let total = parameters.perTask.reduce(Double(parameters.trunk)) { $0 + Double($1) }
      let share =
        parameters.trunk > 0 && !perTask.isEmpty
        ? Figures.percent((total / Double(parameters.trunk) - 1) / Double(perTask.count)) : Figures.absent
      return [
        "\(entry.label)", "\(Figures.count(parameters.trunk))", "\(perTask.isEmpty ? Figures.absent : distinct)",
        "\(share)", "\(Figures.percent(parameters.shareOfSpatial))",
        "\(total < 9e15 ? Figures.count(Int(total)) : Figures.absent)",
        "\(entry.results.memory.map { Figures.count($0.images) } ?? Figures.absent)",
      ]
    }
    return """
      <h3>Parameters</h3>
      \(DataTable(
        caption: "Parameters",
        header: [
          "Strategy", "Shared", "Per task", "Per task, of shared", "Of k×k convolutions", "In all", "Images kept",
        ], rows: rows).markup)
      """
  }
}
