import Results

/// Tidy CSV: one line per cell of every accuracy matrix, RFC 4180, UTF-8, LF.
///
/// After them a line per task, corruption and severity, with `gaussian-noise/3` as the measure (`none/0`: as they are).
///
/// And a line per task and radius of what randomized smoothing certified, measure `smoothed-probabilistic`: of the
/// network under noise, and not to be mixed with `certified`.
///
/// `after_task` counts from 1, 0 is the untrained network; `on_task` counts from 1. Rates are in [0,1] at full
/// precision; `low` and `high` are the 95 % Wilson limits. A cell that was not measured has no line.
struct CSVReport {
  var entries: [Entry]

  static let columns = [
    "strategy", "readout", "measure", "norm", "epsilon", "after_task", "on_task", "accuracy", "correct", "n", "low",
    "high", "on_task_name",
  ]

  var text: String {
    var lines = [Self.columns.joined(separator: ",")]
    for entry in entries {
      for slice in entry.results.accuracy {
        for row in slice.shownRows {
          for (column, task) in entry.results.tasks.enumerated() where column < slice.accuracy.tasks {
            if let line = line(entry, slice, row, column, task) { lines.append(line) }
          }
        }
      }
    }
    for entry in entries { lines += entry.results.corruptions.flatMap { self.lines(entry, $0) } }
    for entry in entries { lines += entry.results.smoothing.flatMap { self.lines(entry, $0) } }
    return lines.joined(separator: "\n") + "\n"
  }

  private func lines(_ entry: Entry, _ record: CorruptionRecord) -> [String] {
    zip(record.severities, record.counts).map { severity, tally in
      atTheEnd(entry, "\(record.corruption)/\(severity)", nil, tally, on: record.task)
    }
  }

  private func lines(_ entry: Entry, _ record: SmoothingRecord) -> [String] {
    RecordTable.smoothedRadii(entries).map { radius in
      atTheEnd(entry, "smoothed-probabilistic", radius, record.certified(at: radius), on: record.task)
    }
  }

  /// A line about the last networks, with an L2 size where there is one.
  private func atTheEnd(
    _ entry: Entry, _ measure: String, _ radius: Rational?, _ tally: Tally, on task: String
  ) -> String {
    let tasks = entry.results.tasks
    let column = tasks.firstIndex { $0.name == task }
    return [
      Escape.csv(entry.label), Readout.taskAware.rawValue, Escape.csv(measure),
      radius == nil ? "" : PerturbationNorm.l2.rawValue, radius?.text ?? "", "\(tasks.count)",
      column.map { "\($0 + 1)" } ?? "", tally.rate.map { "\($0)" } ?? "", "\(tally.correct)", "\(tally.n)",
      "\(tally.interval.low)", "\(tally.interval.high)", Escape.csv(task),
    ].joined(separator: ",")
  }

  /// - Returns: nil where nothing was measured.
  private func line(
    _ entry: Entry, _ slice: MeasuredAccuracy, _ row: Int?, _ column: Int, _ task: TaskRecord
  ) -> String? {
    guard let figure = slice.rate(after: row, on: column) else { return nil }
    let tally = slice.tally(after: row, on: column)
    let interval = slice.interval(after: row, on: column)
    let number = { (value: Double?) in value.map { "\($0)" } ?? "" }
    return [
      Escape.csv(entry.label), slice.key.readout.rawValue, Escape.csv(slice.key.measure),
      slice.key.norm?.rawValue ?? "", slice.key.epsilon?.text ?? "", "\((row ?? -1) + 1)", "\(column + 1)",
      "\(figure)", tally.map { "\($0.correct)" } ?? "", tally.map { "\($0.n)" } ?? "", number(interval?.low),
      number(interval?.high), Escape.csv(task.name),
    ].joined(separator: ",")
  }
}
