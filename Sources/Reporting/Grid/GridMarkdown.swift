import Results

/// A grid as Markdown: the table of a paper or a pull request.
public struct GridMarkdown: Sendable {
  let record: GridRecord

  public init(record: GridRecord) { self.record = record }

  public var text: String {
    let parts = [
      "# \(Escape.markdown(record.name))\n", "\(Escape.markdown(record.story))\n", results, notes, failures,
      comparisons,
    ]
    return parts.filter { !$0.isEmpty }.joined(separator: "\n")
  }

  private var results: String {
    GridMetric.Group.allCases.map { ($0, record.metrics(in: $0)) }.filter { !$1.isEmpty }.map { group, metrics in
      let separated = metrics.map { record.separated(by: $0) }
      let rows = record.variants.map { variant in
        [Escape.markdown(variant.name)]
          + zip(metrics, separated).map { figure(variant.name, $0, isBold: variant.name == $1) }
      }
      return "## \(Escape.markdown(group.title))\n\n"
        + MarkdownTable.text(["Strategy"] + metrics.map(\.heading), escaped: rows)
    }.joined(separator: "\n")
  }

  private func figure(_ variant: String, _ metric: GridMetric, isBold: Bool) -> String {
    guard let summary = record.summary(of: variant, metric) else { return Figures.absent }
    let text = Escape.markdown(metric.text(summary))
    let count = summary.n == record.seeds.count ? "" : Escape.markdown(" (n = \(summary.n))")
    return (isBold ? "**\(text)**" : text) + count
  }

  /// Seeds, orders, and how to read the table.
  private var notes: String {
    let orders = record.distinctOrders.map { order in
      let tasks = order.tasks.map { $0.joined(separator: ", ") }.joined(separator: " → ")
      return "Classes with seed\(order.seeds.count == 1 ? "" : "s") \(order.seeds.listed): \(tasks)"
    }
    return (["Seeds: \(record.seeds.listed)"] + orders + record.reading).map { "- \(Escape.markdown($0))\n" }.joined()
  }

  private var failures: String {
    record.failures.isEmpty
      ? "" : "## Failures\n\n" + record.failures.map { "- \(Escape.markdown($0))\n" }.joined()
  }

  private var comparisons: String {
    let rows = record.compared.flatMap { metric in
      record.comparisons.filter { $0.metric == metric.id }.map { found in
        [
          metric.title, found.variant, found.reference, "\(found.n)", Figures.points(found.difference),
          Figures.pointsInterval(found.interval), Figures.number(found.pValue),
        ]
      }
    }
    guard !rows.isEmpty else { return "" }
    return "## What differs\n\n"
      + MarkdownTable.text(
        ["Metric", "Strategy", "Minus", "n", "Difference, points", "95 % interval", "p (exact sign flips)"], rows)
  }
}
