import Foundation
import Steadfast

/// A grid: its record for programs, the table of means for people.
struct GridFindings: CommandResult {
  let record: GridRecord
  let folder: GridFolder

  func encode(to encoder: any Encoder) throws { try record.encode(to: encoder) }

  var failures: [String] { record.failures }

  var text: String {
    let groups = [GridMetric.Group.learning, .robustness].map { group in record.metrics.filter { $0.group == group } }
    let tables = groups.filter { !$0.isEmpty }.map(table)
    let seeds = "\(record.seeds.count) seeds: \(record.seeds.map(String.init).joined(separator: ", "))"
    let lines = [seeds] + groups.joined().compactMap(verdict) + ["table: \(folder.page.path)"]
    return (tables + [lines.joined(separator: "\n")]).joined(separator: "\n\n")
  }

  private func table(_ metrics: [GridMetric]) -> String {
    var table = TextTable([""] + metrics.map(\.title))
    for variant in record.variants { table.add([variant.name] + metrics.map { figure(variant.name, $0) }) }
    return table.text
  }

  private func figure(_ variant: String, _ metric: GridMetric) -> String {
    guard let summary = record.summary(of: variant, metric) else { return "–" }
    let half = summary.interval.map { " ± " + Numbers.fixed(50 * ($0.high - $0.low), 1) } ?? ""
    return Numbers.fixed(100 * summary.mean, 1) + half + (metric.unit == .rate ? " %" : "")
  }

  /// Only where the test tells the best from all others.
  private func verdict(_ metric: GridMetric) -> String? {
    record.separated(by: metric).map { "\(metric.title): \($0.printable) is best, p < 0.05 against each other" }
  }
}
