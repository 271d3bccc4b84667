import Results

/// An accuracy matrix of many tasks: as a picture, as lines over the tasks, and task by task.
struct LongMatrix {
  var caption: String
  var slice: MeasuredAccuracy
  var tasks: [TaskRecord]
  /// Of the strategy.
  var style: Int

  var markup: Markup {
    """
    <div class="two">
    <div>\(picture)
    \(AccuracyPicture.scale)</div>
    <div>\(chart.markup)
    \(SeriesStyle.legend(lines.map { ($0.name, $0.style) }))
    <p class="note">\(change)</p></div>
    </div>
    <details><summary>Task by task</summary>
    \(TaskByTask(slice, tasks: tasks).page(caption: "\(caption), task by task"))
    </details>
    """
  }

  private var change: Markup {
    // The last task is at the end when it is just learned.
    let pairs = slice.matrix.indices.dropLast().compactMap { task in
      slice.matrix[task][task].flatMap { learned in slice.matrix.last?[task].map { (learned, $0) } }
    }
    return
      "\(pairs.count { $0 != $1 }) of \(pairs.count) earlier tasks that were measured both times differ at the end."
  }

  private var picture: Markup {
    do {
      return try AccuracyPicture(label: caption, slice: slice).markup()
    } catch {
      return "<p class=\"note\">There is no picture of it: \("\(error)").</p>"
    }
  }

  private var chart: LineChart {
    LineChart(
      label: "\(caption), each task when just learned and at the end", series: lines, xTitle: "task",
      xRange: 1...Double(slice.accuracy.tasks))
  }

  private var lines: [LineChart.Series] {
    let last = slice.matrix.indices.last
    return [
      line("just learned", style + 1) { $0 }, line("at the end", style) { _ in last },
    ]
  }

  /// Accuracy on each task after another.
  private func line(_ name: String, _ style: Int, after row: (Int) -> Int?) -> LineChart.Series {
    LineChart.Series(
      name: name, style: style,
      points: slice.matrix.indices.compactMap { task in
        row(task).flatMap { slice.matrix[$0][task] }.map { LineChart.Point(x: Double(task + 1), y: $0) }
      }, marked: false)
  }
}
