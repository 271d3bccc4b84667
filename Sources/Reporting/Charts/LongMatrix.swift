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
    let pairs = zip(slice.justLearned, slice.atTheEnd).dropLast().filter { $0 != nil && $1 != nil }
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
    [line("just learned", style + 1, slice.justLearned), line("at the end", style, slice.atTheEnd)]
  }

  /// - Parameter rates: of each task.
  private func line(_ name: String, _ style: Int, _ rates: [Double?]) -> LineChart.Series {
    LineChart.Series(
      name: name, style: style,
      points: rates.enumerated().compactMap { task, rate in rate.map { LineChart.Point(x: Double(task + 1), y: $0) } },
      marked: false)
  }
}
