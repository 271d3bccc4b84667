import Results

/// The report's figures as Markdown: for a terminal, a diff, a pull request.
struct MarkdownReport {
  var entries: [Entry]

  var text: String {
    guard let main = entries.first else { return "" }
    var parts = ["# \(Escape.markdown(main.results.name.isEmpty ? "Robustness report" : main.results.name))\n"]
    parts.append("Rates are per cent with 95 % Wilson intervals in brackets; differences are percentage points.\n")
    parts.append("## Tasks\n\n" + tasks(main.results) + stream(main.results))
    parts.append("## Metrics\n\n" + metrics)
    parts.append(
      "## Accuracy\n\n"
        + entries.flatMap { entry in entry.results.accuracy.map { matrix(entry, $0) } }
        .joined(separator: "\n"))
    parts += [
      inference, movedInference, RecordTable.drift(entries).markdown, curves, corruptions, bounds, ledgers,
      certificates,
      RecordTable.brackets(entries).markdown, RecordTable.smoothing(entries).markdown,
      RecordTable.precision(entries).markdown, audit, runs,
    ].filter { !$0.isEmpty }
    parts.append(configurations)
    return parts.filter { !$0.isEmpty }.joined(separator: "\n")
  }

  private func tasks(_ results: Results) -> String {
    table(
      ["", "Task", "Classes", "Train", "Test"],
      results.tasks.enumerated().map { index, task in
        ["T\(index + 1)", task.name, task.classes.joined(separator: ", "), "\(task.trainImages)", "\(task.testImages)"]
      })
  }

  private func stream(_ results: Results) -> String {
    results.stream.isEmpty ? "" : "\n" + results.stream.map { "- \(Escape.markdown($0))\n" }.joined()
  }

  private var metrics: String {
    let rows = entries.flatMap { entry in
      entry.results.accuracy.compactMap { slice in entry.metrics(slice.key).map { (entry, $0) } }
    }
    let shown = ContinualMetric.allCases.filter { metric in rows.contains { $0.1[metric] != nil } }
    let figures = rows.map { entry, row in
      [entry.label, row.key.heading, row.key.readout.title]
        + shown.map { Figures.bracketed(Figures.metric($0, row[$0]), Figures.metricInterval($0, row.intervals[$0])) }
    }
    let formulas = shown.map { "- **\(Escape.markdown($0.title))**: \(Escape.markdown($0.formula)) (\($0.source))" }
    return table(["Strategy", "Measure", "Readout"] + shown.map(\.title), figures) + "\n"
      + formulas.joined(separator: "\n") + "\n"
  }

  private func matrix(_ entry: Entry, _ slice: MeasuredAccuracy) -> String {
    let title = "### \(Escape.markdown("\(entry.label): \(slice.key.heading), \(slice.key.readout.title)"))\n\n"
    guard slice.isPrintable else {
      return title + TaskByTask(slice, tasks: entry.results.tasks).markdown + "\nAll other cells are in report.csv.\n"
    }
    let body = slice.shownRows.map { row in
      [row.map { "after T\($0 + 1)" } ?? "untrained"]
        + slice.initial.indices.map { column in
          Figures.bracketed(
            Figures.percent(slice.rate(after: row, on: column)),
            Figures.interval(slice.interval(after: row, on: column)))
        }
    }
    return title + table([""] + slice.initial.indices.map { "T\($0 + 1)" }, body)
  }

  private var inference: String {
    section(
      "Task inference", ["Strategy", "Rule", "After", "Correct task"],
      entries.flatMap { entry in
        (entry.results.taskInference?.accuracy ?? []).enumerated().map { index, value in
          let interval = entry.results.taskInference?.counts[index]?.interval
          let rule = entry.results.taskInference?.rule ?? Figures.absent
          return [
            entry.label, rule, "T\(index + 1)", Figures.bracketed(Figures.percent(value), Figures.interval(interval)),
          ]
        }
      })
  }

  private var curves: String {
    section(
      "Accuracy against ε", ["Strategy", "Task", "Measure", "Norm", "Readout", "Form", "ε", "Accuracy"],
      entries.flatMap { entry in
        entry.results.curves.flatMap { curve in
          curve.points.map { point in
            [
              entry.label, curve.task, curve.measure, curve.norm.symbol, curve.readout.title, curve.form.rawValue,
              point.epsilon.text,
              Figures.bracketed(Figures.percent(point.accuracy), Figures.interval(point.counts?.interval)),
            ]
          }
        }
      })
  }

  private var bounds: String {
    section(
      "Lipschitz bounds (L2)", ["Strategy", "Task", "Part", "Upper", "Lower"],
      entries.flatMap { entry in
        entry.results.lipschitz.flatMap { record in
          [[entry.label, record.task, "network", Figures.number(record.upper), Figures.number(record.lower)]]
            + record.blocks.map {
              [entry.label, record.task, $0.name, Figures.number($0.upper), Figures.number($0.lower)]
            }
        }
      })
  }

  private var audit: String {
    let consistency = entries.compactMap { entry in
      entry.results.consistency.map { check in
        [
          entry.label, "certified ≤ worst ≤ each attack ≤ clean, per sample", check.holds ? "pass" : "fail",
          "\(check.checked) samples, \(check.violations.count) violations",
        ]
      }
    }
    let rows = entries.flatMap { entry in
      entry.results.audit.map { [entry.label, $0.check, $0.verdict.rawValue, $0.detail] }
    }
    let gradients = entries.flatMap { entry in
      entry.results.zeroGradients.map { record in
        let key = MeasureKey(measure: record.attack, norm: record.norm, epsilon: record.epsilon)
        return [
          entry.label, "zero gradients, \(key.heading)", "",
          "\(Figures.percent(record.fraction)) of \(record.task ?? "all")",
        ]
      }
    }
    return section("Audit", ["Strategy", "Check", "Verdict", "Detail"], consistency + rows + gradients)
  }

  private var runs: String {
    section(
      "Runs",
      [
        "Strategy", "Network", "Seed", "Shared parameters", "Per task", "Unchanged by digest", "Train", "Attack",
        "Bounds",
      ],
      entries.map { entry in
        let results = entry.results
        return [
          entry.label, results.network, "\(results.seed)", "\(results.parameters.trunk)",
          results.parameters.perTask.map(String.init).joined(separator: ", "),
          results.nonForgetting.map { $0.verified ? "verified" : "no: \($0.firstDifference ?? "changed")" }
            ?? "not claimed",
          Figures.seconds(results.seconds.train), Figures.seconds(results.seconds.attack),
          Figures.seconds(results.seconds.bounds),
        ]
      })
  }

  private var configurations: String {
    entries.filter { !$0.results.configuration.isEmpty }.map {
      "## Configuration of \(Escape.markdown($0.label))\n\n"
        + Escape.markdownFence($0.results.configuration, language: "yaml")
    }.joined(separator: "\n")
  }

  private func section(_ title: String, _ header: [String], _ rows: [[String]]) -> String {
    rows.isEmpty ? "" : "## \(title)\n\n" + table(header, rows)
  }

  private func table(_ header: [String], _ rows: [[String]]) -> String { MarkdownTable.text(header, rows) }
}

/// A table whose every cell is text, whatever it holds.
enum MarkdownTable {
  static func text(_ header: [String], _ rows: [[String]]) -> String {
    text(header, escaped: rows.map { $0.map(Escape.markdown) })
  }

  /// - Parameter rows: Markdown of this program's own making; text from data in it is escaped.
  static func text(_ header: [String], escaped rows: [[String]]) -> String {
    let line = { (cells: [String]) in "| " + cells.joined(separator: " | ") + " |" }
    let rule = "|" + String(repeating: " --- |", count: header.count)
    return ([line(header.map(Escape.markdown)), rule] + rows.map(line)).joined(separator: "\n") + "\n"
  }
}
