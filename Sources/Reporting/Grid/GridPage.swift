import Results

/// One page on a grid: strategies as rows and metrics as columns, then what tells strategies apart, every cell, and the
/// orders of the classes.
public struct GridPage: Sendable {
  let record: GridRecord

  public init(record: GridRecord) { self.record = record }

  /// The page, in one file that needs nothing else.
  public var html: String {
    let sections = [
      resultsSection, failuresSection, comparisonsSection, ordersSection, cellsSection, configurationSection,
    ].compactMap(\.self)
    return Document(
      title: "\(record.name): grid",
      header: """
        <p class="kicker">Steadfast grid</p>
        <h1>\(record.name)</h1>
        <p class="lead">\(record.story)</p>
        <nav aria-label="Parts of this page"><ul>
        \(sections.map { "<li><a href=\"#\($0.id)\">\($0.title)</a></li>" as Markup })
        </ul></nav>
        """, sections: sections, schema: GridRecord.currentSchema
    ).html
  }

  // MARK: Results

  private var resultsSection: Section? {
    guard !record.metrics.isEmpty else { return nil }
    let groups = GridMetric.Group.allCases.filter { !record.metrics(in: $0).isEmpty }
    return Section(
      id: "results", title: "Results",
      content: """
        \(groups.map { "<h3>\($0.title)</h3>\n\(table($0))" as Markup })
        <p class="note">Seeds: \(record.seeds.listed).</p>
        \(record.reading.map { "<p class=\"note\">\($0)</p>" as Markup })
        """)
  }

  private func table(_ group: GridMetric.Group) -> Markup {
    let metrics = record.metrics(in: group)
    let separated = metrics.map { record.separated(by: $0) }
    let rows = record.variants.map { variant -> [Markup] in
      ["\(variant.name)"]
        + zip(metrics, separated).map { metric, best in figure(variant.name, metric, isBold: variant.name == best) }
    }
    return DataTable(
      caption: group.title, header: ["Strategy"] + metrics.map { "\($0.heading)" }, rows: rows
    ).markup
  }

  private func figure(_ variant: String, _ metric: GridMetric, isBold: Bool) -> Markup {
    guard let summary = record.summary(of: variant, metric) else { return "\(Figures.absent)" }
    let text: Markup = "\(metric.text(summary))"
    let count: Markup = summary.n == record.seeds.count ? .empty : "<small>n\u{A0}=\u{A0}\(summary.n)</small>"
    return isBold ? "<strong>\(text)</strong>\(count)" : "\(text)\(count)"
  }

  // MARK: Comparisons

  private var comparisonsSection: Section? {
    guard let first = record.variants.first?.name, !record.compared.isEmpty else { return nil }
    let tables = record.compared.map { metric -> Markup in
      let references = [first] + [record.best(by: metric)].compactMap { $0 == first ? nil : $0 }
      let rows = record.variants.map(\.name).filter { name in
        references.contains { record.comparison(of: name, with: $0, metric) != nil }
      }.map { name in ["\(name)"] + references.map { difference(name, $0, metric) } }
      return """
        <h3>\(metric.title)</h3>
        \(DataTable(
          caption: "\(metric.title), compared",
          header: ["Strategy", "Minus \(first)"] + references.dropFirst().map { "Minus the best, \($0)" }, rows: rows
        ).markup)
        """
    }
    return Section(
      id: "comparisons", title: "What differs",
      content: """
        <p>Mean differences over the seeds that both strategies finished, in percentage points, with 95&#160;% intervals
        and the p-value of the exact sign-flip test.</p>
        \(tables)
        """)
  }

  private func difference(_ variant: String, _ reference: String, _ metric: GridMetric) -> Markup {
    guard let found = record.comparison(of: variant, with: reference, metric) else { return "\(Figures.absent)" }
    let range = Figures.pointsInterval(found.interval)
    return "\(Figures.points(found.difference))<small>\(range.isEmpty ? "" : "\(range); ")\(found.test)</small>"
  }

  // MARK: Failures, orders, cells

  private var failuresSection: Section? {
    guard !record.failures.isEmpty else { return nil }
    return Section(
      id: "failures", title: "Failures",
      content: """
        <p>A mean over the seeds that are left may flatter a strategy that fails on others.</p>
        <ul>
        \(record.failures.map { "<li class=\"bad\">\($0)</li>" as Markup })
        </ul>
        """)
  }

  private var ordersSection: Section? {
    guard !record.orders.isEmpty else { return nil }
    let width = record.orders.map(\.tasks.count).max() ?? 0
    let rows = record.distinctOrders.map { order -> [Markup] in
      ["\(order.seeds.listed)"]
        + (0..<width).map { order.tasks.indices.contains($0) ? "\(order.tasks[$0].joined(separator: ", "))" : .empty }
    }
    let streams = record.orders.map { order -> Markup in
      """
      <details><summary>Seed \(order.seed)</summary><ul>
      \(order.stream.map { "<li>\($0)</li>" as Markup })
      </ul></details>
      """
    }
    return Section(
      id: "orders", title: "Seeds and orders",
      content: """
        <p>A seed decides the start of every network, the order of the images and, where data.stream.order is seeded, the
        order of the classes. All strategies see the same.</p>
        \(DataTable(
          caption: "Classes of each task", header: ["Seeds"] + (0..<width).map { "Task \($0 + 1)" }, rows: rows,
          numeric: false).markup)
        \(streams)
        """)
  }

  private var cellsSection: Section? {
    let metrics = record.metrics.filter { $0.group != .robustness }
    let rows = record.cells.map { cell -> [Markup] in
      ["\(cell.variant), seed \(cell.seed)", cell.status.markup]
        + metrics.map { metric in "\(cell.figures[metric.id].map(metric.text) ?? Figures.absent)" }
    }
    return Section(
      id: "cells", title: "Every cell",
      content: """
        <p>Each is a run folder of its own, VARIANT/seed-N beside this file, with its report.</p>
        \(DataTable(
          caption: "Every cell", header: ["Cell", "State"] + metrics.map { "\($0.heading)" }, rows: rows,
          textColumns: 2).markup)
        """)
  }

  private var configurationSection: Section? {
    let rows = record.variants.map { variant -> [Markup] in
      let changes = variant.changes.isEmpty ? "the configuration as it is" : variant.changes.joined(separator: ", ")
      return ["\(variant.name)", "\(variant.strategy)", "\(changes)"]
    }
    return Section(
      id: "configuration", title: "Configuration",
      content: """
        \(DataTable(
          caption: "Strategies", header: ["Strategy", "strategy.kind", "Changes"], rows: rows, numeric: false,
          stacks: true).markup)
        <details><summary>The configuration</summary><pre>\(record.configuration)</pre></details>
        """)
  }
}

extension GridCell.Status {
  var markup: Markup {
    switch self {
    case .finished: "<span class=\"verdict good\">✓ finished</span>"
    case .failed: "<span class=\"verdict bad\">✗ failed</span>"
    case .open: "<span class=\"verdict neutral\">… open</span>"
    }
  }
}
