import Results

/// What is printed of an accuracy matrix that is too large to print: each task when it was just learned and at the end.
struct TaskByTask {
  static let columns = ["Task", "Just learned", "At the end", "Change, points"]

  let rows: [[RecordTable.Cell]]

  init(_ slice: MeasuredAccuracy, tasks: [TaskRecord]) {
    let last = slice.matrix.indices.last
    func figure(_ row: Int?, _ column: Int) -> RecordTable.Cell {
      guard let row else { return .figure(Figures.absent, interval: "") }
      return .figure(
        Figures.percent(slice.matrix[row][column]), interval: Figures.interval(slice.interval(after: row, on: column)))
    }
    rows = slice.matrix.indices.map { task in
      let learned = slice.matrix[task][task]
      let change = last.flatMap { slice.matrix[$0][task] }.flatMap { end in learned.map { end - $0 } }
      return [
        .text(["T\(task + 1)", tasks.indices.contains(task) ? tasks[task].name : ""].joined(separator: " ")),
        figure(task, task), figure(last, task), .text(Figures.points(change)),
      ]
    }
  }

  func page(caption: String) -> Markup {
    DataTable(caption: caption, header: Self.columns.map { "\($0)" }, rows: rows.map { $0.map(\.markup) }).markup
  }

  var markdown: String { MarkdownTable.text(Self.columns, rows.map { $0.map(\.plain) }) }
}

extension MeasuredAccuracy {
  /// Whether its cells are printed one by one: a page of more would be too long to read, and to load.
  var isPrintable: Bool { accuracy.tasks <= Self.mostPrintedTasks }

  static let mostPrintedTasks = Markup.mostOpenLines
}
