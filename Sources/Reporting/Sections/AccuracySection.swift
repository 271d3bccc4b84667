import Results

extension Page {
  /// Clean accuracy after every task, a heat map per strategy, one row of them per readout.
  var accuracySection: Section? {
    let keys = entries.keys { $0.measure == MeasureName.clean }
    guard !keys.isEmpty else { return nil }
    let parts = keys.map { key -> Markup in
      let heading = key.readout == .taskAware ? "The task is given" : "The task is inferred"
      return "<h3>\(heading) <span class=\"key\">(\(key.readout.title))</span></h3>\n\(heatMaps(key))"
    }
    return Section(
      id: "accuracy", title: "Accuracy after each task",
      content: """
        <p>Each row is the network after one more task, each column a task's test set; figures are per cent, small
        figures 95&#160;% Wilson intervals rounded outward. Framed cells: the task was just learned. Hatched cells were
        not measured or make no sense, such as the head of a task not yet seen.\(ofLongMatrices)</p>
        \(taskList)
        \(parts)
        \(inferenceTable)
        """)
  }

  private var ofLongMatrices: Markup {
    entries.allSatisfy { $0.results.accuracy.allSatisfy(\.isPrintable) }
      ? .empty
      : """
       Of more than \(MeasuredAccuracy.mostPrintedTasks) tasks a cell is a dot of its colour, or none; every figure is
      in report.csv.
      """
  }

  /// The heat maps of one measure, side by side.
  func heatMaps(_ key: MeasureKey) -> Markup {
    let panels = entries.compactMap { entry -> Markup? in
      entry.results.accuracy(of: key).map { slice in
        "<div class=\"panel\"><h4>\(entry.label)</h4>\n\(matrix(entry, slice))</div>"
      }
    }
    return "<div class=\"grid2\">\(panels)</div>"
  }

  private func matrix(_ entry: Entry, _ slice: MeasuredAccuracy) -> Markup {
    let caption = "\(entry.label): \(slice.key.heading), \(slice.key.readout.title), per cent"
    return slice.isPrintable
      ? HeatMap(caption: caption, slice: slice, tasks: entry.results.tasks).markup
      : LongMatrix(caption: caption, slice: slice, tasks: entry.results.tasks, style: entry.style).markup
  }

  private var taskList: Markup {
    let rows = main.results.tasks.enumerated().map { index, task -> [Markup] in
      [
        "T\(index + 1)", "\(task.name)", "\(task.classes.joined(separator: ", "))",
        "\(Figures.count(task.trainImages)) + \(Figures.count(task.testImages))",
      ]
    }
    return DataTable(
      caption: "Tasks", header: ["", "Task", "Classes", "Images, train + test"], rows: rows, numeric: false,
      stacks: false
    ).folded
  }

  private var inferenceTable: Markup {
    let measured = entries.compactMap { entry in entry.results.taskInference.map { (entry, $0) } }
    guard !measured.isEmpty else { return .empty }
    let count = measured.map { $0.1.accuracy.count }.max() ?? 0
    let rows = measured.map { entry, inference -> [Markup] in
      let cells = (0..<count).map { index -> Markup in
        guard inference.accuracy.indices.contains(index) else { return "\(Figures.absent)" }
        return
          "\(Figures.percent(inference.accuracy[index]))<small>\(Figures.interval(inference.counts[index]?.interval))</small>"
      }
      return ["\(entry.label)", "\(inference.rule ?? Figures.absent)"] + cells
    }
    return """
      <h3>How often the task is inferred correctly</h3>
      \(DataTable(
        caption: "Accuracy of the inferred task", header: ["Strategy", "Rule"] + (0..<count).map { "after T\($0 + 1)" },
        rows: rows).markup)
      \(movedTable)
      """
  }

  /// How often an attack moves the task of an image from the right one.
  private var movedTable: Markup {
    let measured = entries.flatMap { entry in (entry.results.taskInference?.underAttack ?? []).map { (entry, $0) } }
    guard !measured.isEmpty else { return .empty }
    let count = measured.map { $0.1.moved.count }.max() ?? 0
    func table(_ caption: String, _ shown: [(Entry, MovedInference)]) -> Markup {
      let rows = shown.map { entry, moved -> [Markup] in
        let cells = (0..<count).map { row -> Markup in
          guard moved.moved.indices.contains(row) else { return "\(Figures.absent)" }
          return
            "\(Figures.percent(moved.moved[row]?.rate))<small>\(Figures.interval(moved.moved[row]?.interval))</small>"
        }
        return ["\(moved.key.heading)", "\(entry.label)"] + cells
      }
      return DataTable(
        caption: caption, header: ["Attack", "Strategy"] + (0..<count).map { "after T\($0 + 1)" }, rows: rows,
        textColumns: 2
      ).markup
    }
    let worst = measured.filter { $0.1.key.measure == MeasureName.worst }
    return """
      <h3>How often an attack moves the inferred task</h3>
      <p>Of the images that were attacked where nobody gives the task: those whose task is inferred correctly as they are,
      and not as the attack left them. Attacked are the image's own network and the readout itself.</p>
      \(table("Tasks moved by any attack", worst))
      <details><summary>Attack by attack</summary>
      \(table("Tasks moved by attacks", measured.filter { $0.1.key.measure != MeasureName.worst }))
      </details>
      """
  }
}
