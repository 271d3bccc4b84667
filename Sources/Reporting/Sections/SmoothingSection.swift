import Results

extension Page {
  /// Certified accuracy of the smoothed classifiers: apart from the deterministic certificates, and labelled.
  var smoothingSection: Section? {
    let rows = entries.flatMap { entry in
      entry.results.smoothing.map { record -> [Markup] in
        ["\(record.task)", "\(entry.label)"] + SmoothingWords.cells(record).map { "\($0)" }
          + radii.map { figure(record.certified(at: $0)) }
      }
    }
    guard !rows.isEmpty else { return nil }
    let header = ["Task", "Strategy"] + SmoothingWords.header + radii.map(SmoothingWords.column)
    var seen: Set<String> = []
    let tasks = entries.flatMap { $0.results.smoothing.map(\.task) }.filter { seen.insert($0).inserted }
    return Section(
      id: "smoothing", title: "What is likely under noise (probabilistic)",
      content: """
        <p>Randomized smoothing (Cohen et al. 2019) certifies another classifier: the network <em>under Gaussian noise</em>.
        And it is <strong>probabilistic</strong>: over the draws each image may be certified wrongly with probability at
        most α. Nothing here enters the certificates above, and an attack on the network itself within such a radius
        refutes nothing. Intervals are those of the choice of images, and leave α aside.</p>
        \(DataTable(
          caption: "Certified accuracy under noise, probabilistic", header: header.map { "\($0)" }, rows: rows,
          textColumns: 3).markup)
        \(legend)
        <div class="grid2">\(tasks.map(smoothedChart))</div>
        """)
  }

  private var radii: [Rational] { SmoothingWords.radii(entries) }

  private func figure(_ tally: Tally) -> Markup {
    "\(Figures.percent(tally.rate))<small>\(Figures.interval(tally.interval))</small>"
  }

  private func smoothedChart(_ task: String) -> Markup {
    let records = entries.flatMap { entry in
      entry.results.smoothing.filter { $0.task == task }.map { (entry, $0) }
    }
    let largest = records.flatMap { $0.1.radius.compactMap(\.self) }.max() ?? 0
    let series = records.map { entry, record in
      LineChart.Series(entry, largest: largest) { record.certified(at: $0) }
    }
    let words = records.map { entry, record in
      "\(entry.label): \(record.abstentions) of \(record.correct.count) images abstain"
    }.joined(separator: "; ")
    let chart = LineChart(
      label: "\(task): certified accuracy under noise against L2 radius, probabilistic. \(words).", series: series,
      xTitle: "radius, L2", yTitle: "certified, %")
    return """
      <figure class="panel"><h4>\(task) <span class="key">under noise, probabilistic</span></h4>\(chart.markup)
      <figcaption>\(words).</figcaption></figure>
      """
  }
}

/// What a smoothing record says, cell by cell, in every form of the report.
enum SmoothingWords {
  static let header = ["Kind", "σ", "n0 + n draws", "α", "Seed", "Images", "Abstentions"]

  static func cells(_ record: SmoothingRecord) -> [String] {
    [
      record.soundness, Figures.number(record.sigma),
      "\(Figures.count(record.selectionSamples)) + \(Figures.count(record.samples))",
      Figures.number(record.alpha), "\(record.seed)", "\(record.correct.count)", "\(record.abstentions)",
    ]
  }

  /// 0, and the L2 sizes at which the network itself is certified, so that both can be read side by side; where there
  /// are none, the customary ones.
  static func radii(_ entries: [Entry]) -> [Rational] {
    let certified = entries.flatMap { entry in
      entry.results.accuracy.map(\.key).filter { $0.measure == MeasureName.certified && $0.norm == .l2 }.compactMap(
        \.epsilon)
    }
    let usual = ["1/10", "1/4", "1/2"].compactMap { try? Rational($0) }
    return Set([.zero] + (certified.isEmpty ? usual : certified)).sorted()
  }

  static func column(_ radius: Rational) -> String { "Certified under noise, L2\u{A0}\(radius.text)" }
}
