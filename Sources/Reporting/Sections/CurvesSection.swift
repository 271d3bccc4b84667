import Results

extension Page {
  /// Accuracy against ε: a chart per task, a line per strategy.
  var curvesSection: Section? {
    var seen: Set<CurveGroup> = []
    let groups = entries.flatMap { $0.results.curves.map(CurveGroup.init) }.filter { seen.insert($0).inserted }
    guard !groups.isEmpty else { return nil }
    let parts = groups.enumerated().map { index, group -> Markup in
      let heading: Markup =
        "\(MeasureKey.display(group.measure)), \(group.norm.symbol), \(group.form.rawValue), \(group.readout.title)"
      let settings = settings(of: group).map { "<p class=\"note\">\($0)</p>\n" as Markup }
      let charts: Markup = "\(settings)<div class=\"grid2\">\(tasks(of: group).map { chart(group, task: $0) })</div>"
      // The first two are what most readers came for; the rest is a click away.
      return index < 2
        ? "<h3>\(heading)</h3>\n\(charts)" : "<details><summary>\(heading)</summary>\n\(charts)</details>"
    }
    return Section(
      id: "curves", title: "Accuracy against the size of the perturbation",
      content: """
        <p>Bands are 95&#160;% Wilson intervals. In a <em>raw</em> curve each ε is attacked on its own, and the curve of a
        single-step attack may bend upwards; in an <em>envelope</em> a success at a smaller ε counts at every larger one.
        ε is in pixels on [0,1].</p>
        \(legend)
        \(parts)
        """)
  }

  /// The attack's settings, once where all strategies share them.
  private func settings(of group: CurveGroup) -> [String] {
    let found = entries.flatMap { entry in
      entry.results.curves.filter { CurveGroup($0) == group }.compactMap(\.settings).map { (entry.label, $0) }
    }
    guard Set(found.map(\.1)).count > 1 else { return found.prefix(1).map(\.1) }
    var seen: Set<String> = []
    return found.map { "\($0): \($1)" }.filter { seen.insert($0).inserted }
  }

  private func tasks(of group: CurveGroup) -> [String] {
    var seen: Set<String> = []
    return entries.flatMap(\.results.curves).filter { CurveGroup($0) == group }.map(\.task)
      .filter { seen.insert($0).inserted }
  }

  private func chart(_ group: CurveGroup, task: String) -> Markup {
    let curves = entries.compactMap { entry in
      entry.results.curves.first { CurveGroup($0) == group && $0.task == task }.map { (entry, $0) }
    }
    var epsilons: Set<Rational> = []
    let ticks = curves.flatMap { $0.1.points.map(\.epsilon) }.filter { epsilons.insert($0).inserted }.sorted()
    let series = curves.map { entry, curve in
      LineChart.Series(
        name: entry.label, style: entry.style,
        points: curve.points.sorted { $0.epsilon < $1.epsilon }.compactMap { point in
          point.accuracy.map {
            LineChart.Point(x: point.epsilon.value, y: $0, band: point.counts.map(\.interval))
          }
        })
    }
    let words = curves.map { entry, curve in
      let ends = [curve.points.min { $0.epsilon < $1.epsilon }, curve.points.max { $0.epsilon < $1.epsilon }]
      let text = ends.compactMap { $0.map { "\(Figures.percent($0.accuracy)) at \($0.epsilon.text)" } }
      return "\(entry.label) " + text.joined(separator: ", ")
    }
    let chart = LineChart(
      label: "\(task), \(group.measure): accuracy against ε. \(words.joined(separator: "; ")).", series: series,
      xTicks: ticks.map { AxisTick(value: $0.value, label: $0.text) }, xTitle: "ε, \(group.norm.symbol)")
    return "<figure class=\"panel\"><h4>\(task)</h4>\(chart.markup)</figure>"
  }
}

/// Curves that belong into one row of charts.
private struct CurveGroup: Hashable {
  var measure: String
  var norm: PerturbationNorm
  var readout: Readout
  var form: CurveRecord.Form

  init(_ curve: CurveRecord) {
    measure = curve.measure
    norm = curve.norm
    readout = curve.readout
    form = curve.form
  }
}
