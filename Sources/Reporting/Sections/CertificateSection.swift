import Results

extension Page {
  /// Certified accuracy against radius, and each image's bracket.
  var certificateSection: Section? {
    guard entries.contains(where: { !$0.results.brackets.isEmpty }) else { return nil }
    let norms = PerturbationNorm.allCases.filter { norm in
      entries.contains { $0.results.brackets.contains { $0.norm == norm } }
    }
    return Section(
      id: "certificates", title: "What is guaranteed",
      content: """
        <p>Every image has a bracket: <strong>certified radius ≤ true distance ≤ nearest attack found</strong>. The first
        is a proof, the last an example. A radius above its attack would refute the certificate, and fails the run.</p>
        \(legend)
        \(norms.map { charts($0) })
        """)
  }

  private func charts(_ norm: PerturbationNorm) -> Markup {
    var seen: Set<String> = []
    let tasks = entries.flatMap(\.results.brackets).filter { $0.norm == norm }.map(\.task)
      .filter { seen.insert($0).inserted }
    let brackets = entries.flatMap { entry in
      Dictionary(grouping: entry.results.brackets.filter { $0.norm == norm }, by: \.attack)
        .sorted { $0.key < $1.key }.map { bracketChart(entry, norm, attack: $0.key, $0.value) }
    }
    return """
      <h3>Certified accuracy against radius, \(norm.symbol)</h3>
      <div class="grid2">\(tasks.map { radiusChart(norm, task: $0) })</div>
      <h3>Brackets, \(norm.symbol)</h3>
      <div class="grid2">\(brackets)</div>
      """
  }

  private func radiusChart(_ norm: PerturbationNorm, task: String) -> Markup {
    let brackets = entries.compactMap { entry in
      entry.results.brackets.first { $0.norm == norm && $0.task == task }.map { (entry, $0) }
    }
    let largest = brackets.flatMap { $0.1.certifiedRadius.compactMap(\.self) }.max() ?? 0
    let steps = 48
    let series = brackets.map { entry, bracket in
      LineChart.Series(
        name: entry.label, style: entry.style,
        points: (0...steps).compactMap { step in
          let radius = largest * 1.04 * Double(step) / Double(steps)
          let tally = bracket.certified(at: radius)
          return tally.rate.map { LineChart.Point(x: radius, y: $0, band: tally.interval) }
        }, marked: false)
    }
    let words = brackets.map { entry, bracket in
      "\(entry.label) \(Figures.number(bracket.medianRadius))"
    }
    let chart = LineChart(
      label: "\(task): certified accuracy against radius. Median radius: \(words.joined(separator: "; ")).",
      series: series,
      xTitle: "radius, \(norm.symbol)", yTitle: "certified, %")
    return """
      <figure class="panel"><h4>\(task)</h4>\(chart.markup)
      <figcaption>Median radius (0 where misclassified): \(words.joined(separator: "; ")).</figcaption></figure>
      """
  }

  private func bracketChart(_ entry: Entry, _ norm: PerturbationNorm, attack: String, _ records: [BracketRecord])
    -> Markup
  {
    let pairs = records.flatMap { zip($0.certifiedRadius, $0.attackDistance) }
    let ranges = pairs.compactMap { radius, distance in radius.map { RangeChart.Range(low: $0, high: distance) } }
    let broken = records.reduce(0) { $0 + $1.violations.count }
    let open = ranges.count { $0.high == nil }
    let sound = Set(records.compactMap(\.soundness)).sorted().joined(separator: "; ")
    var words = "\(ranges.count) of \(pairs.count) images have a certificate"
    if open > 0 { words += ", \(open) of them were never fooled (dashed)" }
    let chart = RangeChart(
      label:
        "\(entry.label): certified radius and distance of the nearest \(MeasureKey.display(attack)) attack per image. \(words).",
      ranges: ranges, style: entry.style, yTitle: "\(norm.symbol) distance")
    let verdict: Markup =
      broken == 0
      ? "<span class=\"good\">No radius exceeds its attack.</span>"
      : "<strong class=\"bad\">\(broken) certified radi\(broken == 1 ? "us exceeds its" : "i exceed their") attack.</strong>"
    return """
      <figure class="panel"><h4>\(entry.label) <span class="key">against \(MeasureKey.display(attack))</span></h4>\(chart.markup)
      <figcaption>\(words). \(verdict)\(sound.isEmpty ? "" : " Certificate: \(sound).")</figcaption></figure>
      """
  }
}
