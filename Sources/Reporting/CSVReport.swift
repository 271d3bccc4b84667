import Results

/// Tidy CSV: one line per cell of every accuracy matrix, RFC 4180, UTF-8, LF.
///
/// `after_task` counts from 1, 0 is the untrained network; `on_task` counts from 1. Rates are in [0,1] at full precision;
/// `low` and `high` are the 95 % Wilson limits. A cell that was not measured has its line and empty figures.
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
        for row in [nil] + slice.matrix.indices.map(Optional.some) {
          for (column, task) in entry.results.tasks.enumerated() where column < slice.accuracy.tasks {
            lines.append(line(entry, slice, row, column, task))
          }
        }
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private func line(
    _ entry: Entry, _ slice: MeasuredAccuracy, _ row: Int?, _ column: Int, _ task: TaskRecord
  ) -> String {
    let figure = row.map { slice.matrix[$0][column] } ?? slice.initial[column]
    let tally = figure == nil ? nil : slice.tally(after: row, on: column)
    let interval = slice.interval(after: row, on: column)
    let number = { (value: Double?) in value.map { "\($0)" } ?? "" }
    return [
      Escape.csv(entry.label), slice.key.readout.rawValue, Escape.csv(slice.key.measure),
      slice.key.norm?.rawValue ?? "", slice.key.epsilon?.text ?? "", "\((row ?? -1) + 1)", "\(column + 1)",
      number(figure), tally.map { "\($0.correct)" } ?? "", tally.map { "\($0.n)" } ?? "", number(interval?.low),
      number(interval?.high), Escape.csv(task.name),
    ].joined(separator: ",")
  }
}
