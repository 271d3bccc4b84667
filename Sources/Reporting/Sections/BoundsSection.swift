import Results

extension Page {
  /// Lipschitz bounds per block and of the whole network.
  var boundsSection: Section? {
    let bounded = entries.filter { !$0.results.lipschitz.isEmpty }
    guard !bounded.isEmpty else { return nil }
    let rows = bounded.flatMap { entry in
      entry.results.lipschitz.map { record -> [Markup] in
        let ratio = record.upper.flatMap { upper in record.lower.flatMap { $0 > 0 ? upper / $0 : nil } }
        return [
          "\(record.task)", "\(entry.label)",
          "\(record.upper == nil ? "no finite bound" : Figures.number(record.upper))",
          "\(Figures.number(record.lower))", "\(Figures.number(ratio))",
        ]
      }
    }
    let panels = bounded.map { entry -> Markup in
      let charts = entry.results.lipschitz.filter { !$0.blocks.isEmpty }.map { chart(entry, $0) }
      guard let first = charts.first else { return .empty }
      let rest = charts.dropFirst()
      let more: Markup =
        rest.isEmpty
        ? .empty
        : "<details><summary>\(rest.count) more task\(rest.count == 1 ? "" : "s")</summary>\(Array(rest))</details>"
      return "<div class=\"panel\"><h4>\(entry.label)</h4>\(first)\(more)</div>"
    }
    let notes = Set(bounded.flatMap { $0.results.lipschitz.compactMap(\.note) }).sorted()
    return Section(
      id: "bounds", title: "How far a small change can carry",
      content: """
        <p>The L2 Lipschitz constant bounds how much the logits can move when the pixels move. Bars are upper bounds of one
        block, outward rounded; the black mark is a lower bound where one was computed. The truth lies between.</p>
        <div class="grid2">\(panels)</div>
        <h3>Whole network</h3>
        \(DataTable(
          caption: "Lipschitz bounds of the whole network",
          header: ["Task", "Strategy", "Upper bound", "Lower bound", "Upper : lower"], rows: rows, textColumns: 2
        ).folded)
        \(notes.map { "<p class=\"note\">\($0)</p>" as Markup })
        \(ledgerTables)
        """)
  }

  private func chart(_ entry: Entry, _ record: LipschitzRecord) -> Markup {
    let words = record.blocks.map { "\($0.name) \($0.upper == nil ? "no finite bound" : Figures.number($0.upper))" }
    let chart = BarChart(
      label: "\(entry.label), \(record.task), upper bound per block: \(words.joined(separator: ", ")).",
      bars: record.blocks.map { BarChart.Bar(name: $0.name, upper: $0.upper, lower: $0.lower) }, style: entry.style,
      xTitle: "Lipschitz constant")
    return "<figure style=\"margin:0 0 10px\">\(chart.markup)<figcaption>\(record.task)</figcaption></figure>"
  }
}
