import Results

extension Page {
  /// Robust forgetting: the same metrics and matrices for every attack, ε and certificate.
  var attackSection: Section? {
    let keys = entries.keys { $0.measure != MeasureName.clean }
    guard !keys.isEmpty else { return nil }
    let metrics: [ContinualMetric] = [.averageAccuracy, .learningAccuracy, .forgetting, .backwardTransfer]
    let rows = keys.flatMap { key in
      entries.compactMap { entry -> [Markup]? in
        entry.metrics(key).map { row in
          let name: Markup =
            "\(key.heading)\(key.readout == .taskAware ? .empty : "<br/><small>\(key.readout.title)</small>")"
          return [name, "\(entry.label)"] + metrics.map { figure($0, row) }
        }
      }
    }
    let header = metrics.map { "<a href=\"#def-\($0.rawValue)\">\($0.title)</a>" as Markup }
    let shown = main.results.headlineAttack?.key ?? keys[0]
    let others = keys.filter { $0 != shown }
    return Section(
      id: "attacks", title: "Does robustness last?",
      content: """
        <p>A network can keep its accuracy and lose its robustness. So each attack, the worst case over attacks (per
        sample) and the certificate have an accuracy matrix of their own, with their own forgetting. Accuracy under attack
        counts images that are classified correctly and not fooled, of all images. Where the task is inferred, an attack
        may move the answer or the task; some images of each task are attacked so, and the tallies say how many.</p>
        \(distinct(\.spatial).map { labels, moves -> Markup in
          "<p class=\"note\">Turns and shifts, which no ball bounds: \(moves) <span class=\"key\">(\(labels))</span></p>"
        })
        <h3>\(shown.heading) <span class="key">(\(shown.readout.title))</span></h3>
        \(heatMaps(shown))
        \(others.map { key -> Markup in
          """
          <details><summary>\(key.heading), \(key.readout.title): matrices</summary>
          \(heatMaps(key))</details>
          """
        })
        <details><summary>All measures: accuracy, forgetting and transfer under each</summary>
        \(DataTable(caption: "Metrics under attack", header: ["Measure", "Strategy"] + header, rows: rows, textColumns: 2).markup)
        </details>
        """)
  }
}
