import Results

/// One study on the page of all.
struct StudySection {
  let record: StudyRecord
  let id: String

  var section: Section {
    Section(
      id: id, title: record.title,
      content: """
        <p class="kicker">\(record.name) · \(record.verdict.markup)</p>
        <p class="lead">\(record.claim)</p>
        <h3>What was measured</h3>
        <p>\(record.method)</p>
        \(criteria)
        \(findings)
        \(figures)
        <h3>Under which conditions</h3>
        <p>\(record.conditions)</p>
        <p class="note">\(circumstances)</p>
        """)
  }

  private var criteria: Markup {
    guard !record.criteria.isEmpty else { return .empty }
    let rows = record.criteria.map { criterion -> [Markup] in
      ["\(criterion.statement)", "\(criterion.kind.rawValue)", criterion.outcome.markup, "\(criterion.detail)"]
    }
    return """
      <h3>How it was judged</h3>
      \(DataTable(
        caption: "Criteria of \(record.name)", header: ["Criterion", "Kind", "Outcome", "Figures"], rows: rows,
        numeric: false, stacks: true).markup)
      """
  }

  private var findings: Markup {
    guard !record.findings.isEmpty else { return .empty }
    let rows = record.findings.map { finding -> [Markup] in
      ["\(finding.name)", "\(finding.figure)<small>\(finding.range)</small>"]
    }
    return """
      <h3>What was found</h3>
      \(DataTable(
        caption: "Findings of \(record.name)", header: ["Figure", "Value and 95&#160;% interval"], rows: rows).markup)
      """
  }

  private var figures: Markup {
    guard !record.figures.isEmpty else { return .empty }
    let panels = record.figures.map { figure -> Markup in
      let legend = figure.series.enumerated().map { ($1.name, $0) }
      return """
        <figure class="panel"><h4>\(figure.title)</h4>\(figure.chart.markup)\
        \(legend.isEmpty ? .empty : SeriesStyle.legend(legend))</figure>
        """
    }
    let hasBands = record.figures.contains { $0.series.contains { $0.points.contains { $0.band != nil } } }
    let note: Markup = hasBands ? "<p class=\"note\">Bands are 95&#160;% intervals.</p>" : .empty
    return "<div class=\"grid2\">\(panels)</div>\n\(note)"
  }

  /// Scale, seeds, time and memory.
  private var circumstances: String {
    let seeds = record.seeds.map(String.init).joined(separator: ", ")
    return [
      "Scale: \(record.scale)", "seed\(record.seeds.count == 1 ? "" : "s"): \(seeds.isEmpty ? "none" : seeds)",
      "time: \(Figures.seconds(record.seconds))",
      "peak memory of the process: \(Figures.count(record.peakMemory >> 20))\u{A0}MiB",
    ].joined(separator: " · ")
  }
}
