import Results

/// What is printed of an accuracy matrix that is too large to print: each task when it was just learned and at the end.
struct TaskByTask {
  static let columns = ["Task", "Just learned", "At the end", "Change, points"]

  let rows: [[RecordTable.Cell]]

  init(_ slice: MeasuredAccuracy, tasks: [TaskRecord]) {
    let last = slice.matrix.indices.last
    func figure(_ rate: Double?, _ row: Int?, _ task: Int) -> RecordTable.Cell {
      .figure(Figures.percent(rate), interval: Figures.interval(slice.interval(after: row, on: task)))
    }
    rows = zip(slice.justLearned, slice.atTheEnd).enumerated().map { task, rates in
      let (learned, end) = rates
      let change = learned.flatMap { learned in end.map { $0 - learned } }
      return [
        .text(["T\(task + 1)", tasks.indices.contains(task) ? tasks[task].name : ""].joined(separator: " ")),
        figure(learned, task, task), figure(end, last, task), .text(Figures.points(change)),
      ]
    }
  }

  func page(caption: String) -> Markup {
    DataTable(caption: caption, header: Self.columns.map { "\($0)" }, rows: rows.map { $0.map(\.markup) }).markup
  }

  var markdown: String { MarkdownTable.text(Self.columns, rows.map { $0.map(\.plain) }) }
}
