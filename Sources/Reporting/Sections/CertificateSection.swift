import Results

extension Page {
  /// Certified accuracy against radius, and each image's bracket.
  var certificateSection: Section? {
    guard entries.contains(where: { !$0.results.brackets.isEmpty || !$0.results.certificates.isEmpty }) else {
      return nil
    }
    let norms = PerturbationNorm.allCases.filter { norm in
      entries.contains { $0.results.brackets.contains { $0.norm == norm } }
    }
    return Section(
      id: "certificates", title: "What is guaranteed",
      content: """
        \(certificateTable)
        \(norms.isEmpty ? .empty : bracketIntroduction)
        \(norms.map { charts($0) })
        """)
  }

  private var bracketIntroduction: Markup {
    """
    <p>An image's bracket: <strong>certified radius ≤ true distance ≤ nearest attack found</strong>. The first
    is a proof, the last an example. A radius above its attack would refute the certificate, and fails the run.</p>
    \(RecordTable.brackets(entries).page(textColumns: 5))
    \(legend)
    """
  }

  /// How far certificates of all test images reach, and what proved them.
  private var certificateTable: Markup {
    let certified = entries.flatMap { entry in entry.results.certificates.map { (entry, $0) } }
    guard !certified.isEmpty else { return .empty }
    let rows = certified.map { entry, record in
      ([record.task, entry.label] + CertificateWords.cells(record)).map { "\($0)" as Markup }
    }
    let notes = Set(certified.compactMap(\.1.note)).sorted()
    return """
      <p>Deterministic certificates of all test images after the last task, by the larger of two radii where bounds on the
      ball around each image were asked for. Half of the images have at least the median radius, in pixels on [0, 1]; that
      of a misclassified image is 0.</p>
      \(DataTable(
        caption: "Certified radii", header: (["Task", "Strategy"] + CertificateWords.header).map { "\($0)" }, rows: rows,
        textColumns: 5).folded)
      \(notes.map { "<p class=\"note\">By the bound of the whole network alone: \($0)</p>" as Markup })
      """
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
    let series = brackets.map { entry, bracket in
      LineChart.Series(entry, largest: largest) { bracket.certified(at: $0) }
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

/// What a certificate record says, cell by cell, in every form of the report.
enum CertificateWords {
  static let header = [
    "Norm", "Proven by", "Hold for", "Images", "Median radius, network's bound", "Median radius, best",
  ]

  static func cells(_ record: CertificateRecord) -> [String] {
    [
      record.norm.symbol, methods(record), record.soundness, "\(record.images)",
      Figures.number(record.medianByNetwork), Figures.number(record.median),
    ]
  }

  private static func methods(_ record: CertificateRecord) -> String {
    let ranked = record.methods.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.key): \($0.value)" }
    return ranked.isEmpty ? Figures.absent : ranked.joined(separator: ", ")
  }
}
