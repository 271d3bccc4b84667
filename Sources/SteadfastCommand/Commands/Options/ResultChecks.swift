import ArgumentParser
import Steadfast

/// What has to hold of a run's results for the exit status to be 0, as options.
struct CheckOptions: ParsableArguments {
  @OptionGroup var floors: FloorOptions

  @Flag(name: .customLong("fail-on-audit"), help: "Exit with 3 where a row of the audit failed.")
  var failOnAudit = false

  /// What failed, in words. Broken proofs always count, the audit's judgement only when asked for.
  func failures(of results: Results) -> [String] {
    var failures = results.brokenProofs
    if failOnAudit {
      failures += ([results] + results.contrasts).flatMap { run in
        run.audit.filter { $0.verdict == .fail }.map { "\(run.name): audit: \($0.check): \($0.detail)" }
      }
    }
    return failures + floors.failures(of: results)
  }
}

extension AuditPlan.Level: ExpressibleByArgument {}

/// Figures that a run must reach, as options.
struct FloorOptions: ParsableArguments {
  @Option(
    name: .customLong("fail-under"), parsing: .singleValue,
    help: ArgumentHelp(
      "Exit with 3 where a metric of clean, task-aware accuracy is lower, such as averageAccuracy=0.95; may be repeated.",
      valueName: "metric=value"),
    transform: MetricFloor.init)
  var floors: [MetricFloor] = []

  /// The floors that a run itself, not its contrasts, does not reach.
  func failures(of results: Results) -> [String] {
    floors.compactMap { $0.failure(of: results) }
  }
}

/// The least value that a metric may have.
struct MetricFloor: Sendable {
  let metric: ContinualMetric
  let value: Double

  init(_ text: String) throws {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2, let value = Double(parts[1]), value.isFinite else {
      throw ValidationError("'\(text)' is no floor: write a metric, = and a number, such as averageAccuracy=0.95")
    }
    let metrics = ContinualMetric.allCases.filter { !$0.lowerIsBetter }
    guard let metric = metrics.first(where: { $0.rawValue == parts[0] }) else {
      let reason =
        ContinualMetric(rawValue: parts[0]) == nil
        ? "there is no metric '\(parts[0])'" : "of \(parts[0]), less is better"
      throw ValidationError("\(reason): choose one of \(metrics.map(\.rawValue).joined(separator: ", "))")
    }
    self.metric = metric
    self.value = value
  }

  /// Nil where the run reaches the floor.
  func failure(of results: Results) -> String? {
    let floor = "\(results.name): \(metric.rawValue)"
    guard let found = results.metrics(of: .clean(.taskAware))?[metric] else {
      return "\(floor) was not measured, and has to be at least \(value)"
    }
    return found >= value ? nil : "\(floor) is \(found), below \(value)"
  }
}
