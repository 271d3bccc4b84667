import Results

extension Page {
  /// What it takes to run it again: seeds, configuration, environment, digests, time.
  var runSection: Section? {
    let header = entries.map { "\($0.label)" as Markup }
    func row(_ name: Markup, _ value: (Results) -> String) -> [Markup] {
      [name] + entries.map { "\(value($0.results))" }
    }
    let rows = [
      row("Network", \.network), row("Seed") { "\($0.seed)" }, row("Training") { Figures.seconds($0.seconds.train) },
      row("Attacks") { Figures.seconds($0.seconds.attack) }, row("Bounds") { Figures.seconds($0.seconds.bounds) },
      row("In all") { Figures.seconds($0.seconds.total) },
    ]
    return Section(
      id: "run", title: "The run",
      content: """
        \(DataTable(caption: "Seeds and times", header: [""] + header, rows: rows, numeric: false).markup)
        \(distinct(\.stream).map { labels, lines in stream(labels, lines) })
        \(distinct(\.environment).map { labels, environment in environmentTable(labels, environment) })
        \(entries.compactMap { digests($0) })
        \(distinct(\.configuration).map { labels, text in configuration(labels, text) })
        """)
  }

  /// Values that are there, each once, with the labels of the entries that share it.
  func distinct<Value: Hashable & Collection>(_ path: KeyPath<Results, Value>) -> [(String, Value)] {
    var order: [Value] = []
    var labels: [Value: [String]] = [:]
    for entry in entries {
      let value = entry.results[keyPath: path]
      guard !value.isEmpty else { continue }
      if labels[value] == nil { order.append(value) }
      labels[value, default: []].append(entry.label)
    }
    return order.map { (labels[$0, default: []].joined(separator: ", "), $0) }
  }

  private func stream(_ labels: String, _ lines: [String]) -> Markup {
    """
    <h3>Tasks <span class="key">(\(labels))</span></h3>
    \(Markup.folded("\(lines.count) tasks", lines: lines.count, "<ul>\(lines.map { "<li>\($0)</li>" as Markup })</ul>"))
    """
  }

  private func environmentTable(_ labels: String, _ environment: [String: String]) -> Markup {
    let rows = environment.sorted { $0.key < $1.key }.map { ["\($0.key)", "\($0.value)"] as [Markup] }
    return """
      <h3>Environment <span class="key">(\(labels))</span></h3>
      \(DataTable(caption: "Environment of \(labels)", header: ["", ""], rows: rows, numeric: false).markup)
      """
  }

  private func digests(_ entry: Entry) -> Markup? {
    guard let proof = entry.results.nonForgetting, !proof.digests.isEmpty else { return nil }
    let rows = proof.digests.sorted { $0.key < $1.key }.map {
      ["\($0.key)", "<span class=\"digest\">\($0.value)</span>"] as [Markup]
    }
    let first: Markup =
      proof.firstDifference.map { "<p class=\"bad\">The first tensor that differs: \($0).</p>" } ?? .empty
    return """
      \(first)
      <details><summary>\(entry.label): \(rows.count) digest\(rows.count == 1 ? "" : "s") (SHA-256)</summary>
      \(DataTable(
        caption: "Digests of \(entry.label)", header: ["Name", "SHA-256"], rows: rows, numeric: false, stacks: true).markup)
      </details>
      """
  }

  private func configuration(_ labels: String, _ text: String) -> Markup {
    """
    <h3>Configuration <span class="key">(\(labels))</span></h3>
    <pre tabindex="0">\(text)</pre>
    """
  }
}
