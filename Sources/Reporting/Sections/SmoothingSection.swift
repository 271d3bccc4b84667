import Results

extension Page {
  /// Certified accuracy of the smoothed classifiers: apart from the deterministic certificates, and labelled.
  var smoothingSection: Section? {
    let table = RecordTable.smoothing(entries)
    guard !table.isEmpty else { return nil }
    var seen: Set<String> = []
    let tasks = entries.flatMap { $0.results.smoothing.map(\.task) }.filter { seen.insert($0).inserted }
    return Section(
      id: "smoothing", title: "What is likely under noise (probabilistic)",
      content: """
        <p>Randomized smoothing (Cohen et al. 2019) certifies another classifier: the network <em>under Gaussian noise</em>.
        And it is <strong>probabilistic</strong>: over the draws each image may be certified wrongly with probability at
        most α. Nothing here enters the certificates above, and an attack on the network itself within such a radius
        refutes nothing. Intervals are those of the choice of images, and leave α aside.</p>
        \(table.page(textColumns: 3))
        \(legend)
        <div class="grid2">\(tasks.map(smoothedChart))</div>
        """)
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
