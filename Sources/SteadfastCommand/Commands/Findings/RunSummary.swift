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
    let headlines = headlines
    var table = TextTable(["", "accuracy", "task inferred", "forgetting"] + headlines.map(\.title))
    for run in [results] + results.contrasts {
      let clean = run.metrics(of: .clean(.taskAware))
      table.add(
        [
          run.name, Numbers.percent(clean?.averageAccuracy),
          Numbers.percent(run.metrics(of: .clean(.taskAgnostic))?.averageAccuracy),
          Numbers.percent(clean?.forgetting),
        ]
          + headlines.map { Numbers.percent(run.metrics(of: $0)?.averageAccuracy) })
    }
    let report = "report: \(folder.appending(RunFile.pageReport).path)"
    return [table.text, "", corruptions, precision, audit, nonForgetting, standing, report].compactMap(\.self)
      .joined(separator: "\n")
  }

  /// Under FGSM and under the strongest attack at the same ε, turned and shifted, certified; each where it was
  /// measured.
  private var headlines: [MeasureKey] {
    let strongest = results.headlineAttack?.key
    let fgsm = strongest.map {
      MeasureKey(measure: AttackKind.fgsm.rawValue, norm: $0.norm, epsilon: $0.epsilon, readout: $0.readout)
    }
    return [fgsm == strongest ? nil : fgsm, strongest, .spatial, results.headlineCertificate?.key]
      .compactMap(\.self).filter { results.accuracy(of: $0) != nil }
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

  private var precision: String? {
    results.precision.summary.map {
      "in bfloat16 \($0.changed) of \($0.images) test images get another answer, \(Numbers.percent($0.reduced.rate)) are "
        + "right beside \(Numbers.percent($0.exact.rate)) in fp32"
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
