import Foundation
import Results

/// One strategy of one run, as a column, a line or a panel of the report.
struct Entry: Sendable {
  /// Unique in its report.
  var label: String
  var results: Results
  /// The folder that the gallery's paths are relative to.
  var images: URL?
  /// Which colour and marker it has everywhere.
  var style: Int

  /// Every run and its contrasts, in order, with labels that tell them apart.
  static func list(_ runs: [Report.Run]) -> [Entry] {
    var entries: [Entry] = []
    var seen: [String: Int] = [:]
    func add(_ results: Results, _ images: URL?, run: String, name: String) {
      let base = runs.count > 1 && !run.isEmpty ? "\(run) · \(name)" : name
      seen[base, default: 0] += 1
      let label = seen[base] == 1 ? base : "\(base) (\(seen[base] ?? 0))"
      entries.append(
        Entry(label: label.isEmpty ? "run" : label, results: results, images: images, style: entries.count))
      // A contrast is named after what it changes, which its strategy alone may not tell.
      for contrast in results.contrasts {
        add(contrast, images, run: run, name: contrast.name.isEmpty ? contrast.strategy : contrast.name)
      }
    }
    for run in runs {
      let results = run.results
      add(results, run.images, run: results.name, name: results.strategy.isEmpty ? results.name : results.strategy)
    }
    return entries
  }

  func metrics(_ key: MeasureKey) -> MetricRow? {
    results.metrics(of: key) ?? results.accuracy(of: key).map { MetricRow(from: $0) }
  }
}

extension [Entry] {
  /// Every measure, norm, ε and readout that any entry has, in order of first appearance.
  func keys(where accept: (MeasureKey) -> Bool) -> [MeasureKey] {
    var seen: Set<MeasureKey> = []
    return flatMap { $0.results.accuracy.map(\.key) }.filter { accept($0) && seen.insert($0).inserted }
  }
}

extension MeasureKey {
  /// As headings show it: `FGSM, L∞ 8/255`.
  var heading: String {
    [Self.display(measure), threat].filter { !$0.isEmpty }.joined(separator: ", ")
  }

  /// `L2 1/10`: the threat alone, never broken over two lines.
  var threat: String { [norm?.symbol, epsilon?.text].compactMap(\.self).joined(separator: "\u{A0}") }

  /// The name of a measure or an attack as people write it; a name that is not known stays as it is.
  static func display(_ measure: String) -> String {
    switch measure {
    case MeasureName.worst: "worst case"
    case MeasureName.spatial: "turns and shifts"
    default: AttackKind(rawValue: measure)?.title ?? measure
    }
  }
}

extension Readout {
  var title: String {
    switch self {
    case .taskAware: "task-aware"
    case .taskAgnostic: "task-agnostic"
    }
  }
}
