import Foundation
import Steadfast

/// A run's results: results.json for programs, the figures that matter most for people.
struct RunSummary: CommandResult {
  let results: Results
  let folder: URL
  let failures: [String]

  init(results: Results, folder: URL, checks: CheckOptions) {
    self.results = results
    self.folder = folder
    failures = checks.failures(of: results)
  }

  func encode(to encoder: any Encoder) throws { try results.encode(to: encoder) }

  var text: String {
    var table = TextTable(
      ["", "accuracy", "task inferred", "forgetting"] + [fgsm, pgd, spatial, certified].compactMap { $0?.title })
    for run in [results] + results.contrasts {
      let clean = run.metrics(of: .clean(.taskAware))
      table.add(
        [
          run.name, Numbers.percent(clean?.averageAccuracy),
          Numbers.percent(run.metrics(of: .clean(.taskAgnostic))?.averageAccuracy),
          Numbers.percent(clean?.forgetting),
        ]
          + [fgsm, pgd, spatial, certified].compactMap(\.self).map {
            Numbers.percent(run.metrics(of: $0)?.averageAccuracy)
          })
    }
    let report = "report: \(folder.appendingPathComponent("report.html").path)"
    return [table.text, "", corruptions, audit, nonForgetting, standing, report].compactMap(\.self)
      .joined(separator: "\n")
  }

  private var fgsm: MeasureKey? { last { $0.measure == "fgsm" } }
  private var pgd: MeasureKey? { last { $0.measure == "pgd" } }
  private var spatial: MeasureKey? { results.accuracy(of: .spatial)?.key }
  /// At the smallest radius.
  private var certified: MeasureKey? {
    results.accuracy.map(\.key).first { $0.measure == "certified" && $0.readout == .taskAware }
  }

  /// The largest ε of a measure.
  private func last(where holds: (MeasureKey) -> Bool) -> MeasureKey? {
    results.accuracy.map(\.key).last { $0.readout == .taskAware && holds($0) }
  }

  private var audit: String? {
    let rows = results.audit
    guard !rows.isEmpty else { return nil }
    let failed = rows.filter { $0.verdict == .fail }
    let names = failed.isEmpty ? "" : ": " + failed.map(\.check).joined(separator: ", ")
    return "audit: \(rows.count { $0.verdict == .pass }) passed, \(failed.count) failed\(names)"
  }

  private var standing: String? {
    results.lipschitz.standing.map {
      "certificates that still stand as they were issued: \($0.correct) of \($0.n) tasks"
    }
  }

  private var corruptions: String? {
    results.corruptionError.map {
      "degraded images: \(Numbers.percent(1 - $0.mean)) right, the mean over \($0.corruptions) corruptions"
        + ($0.clean.map { "; \(Numbers.percent(1 - $0)) as they are" } ?? "")
    }
  }

  private var nonForgetting: String? {
    results.nonForgetting.map {
      $0.verified
        ? "what earlier tasks rely on is bit for bit what it was (\($0.digests.count) digests)"
        : "what earlier tasks rely on has changed: \($0.firstDifference ?? "see the report")"
    }
  }
}
