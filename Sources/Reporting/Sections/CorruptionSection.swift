import Results

extension Page {
  /// Accuracy on corrupted test images: their mean first, then corruption by corruption, then task by task.
  var corruptionSection: Section? {
    let measured = entries.filter { !$0.results.corruptions.isEmpty }
    guard !measured.isEmpty else { return nil }
    let images = Set(measured.flatMap { $0.results.corruptions.flatMap(\.counts).map(\.n) }).sorted()
    let count = images.count == 1 ? "\(images[0])" : "\(images.first ?? 0) to \(images.last ?? 0)"
    let left = measured.flatMap { entry in
      entry.results.corruptions.leftOut.map { "\(entry.label), \($0.corruption): \($0.reason)" }
    }
    return Section(
      id: "corruptions", title: "Images as the world spoils them",
      content: """
        <p>Common corruptions, drawn and not searched for, of \(count) test images of each task after the last one, the
        task given. The mean corruption error is the mean over corruptions of the error rate, itself the mean over
        severities and tasks. Normalised, the errors under each corruption are divided by those of a reference first.</p>
        \(meanTable(measured))
        \(measured.map { corruptionTable($0) })
        \(measured.map { entry -> Markup in
          "<details><summary>\(entry.label): task by task</summary>\n\(taskTable(entry))</details>"
        })
        \(left.map { "<p class=\"note\">Left out: \($0).</p>" as Markup })
        """)
  }

  private func meanTable(_ measured: [Entry]) -> Markup {
    let rows = measured.map { entry -> [Markup] in
      ["\(entry.label)"] + CorruptionWords.means(entry.results.corruptionError).map { "\($0)" }
    }
    return DataTable(
      caption: "Mean corruption error", header: ["Strategy"] + CorruptionWords.meanHeader.map { "\($0)" }, rows: rows
    ).markup
  }

  private func corruptionTable(_ entry: Entry) -> Markup {
    let records = entry.results.corruptions
    let rows = ([CorruptionRecord.none] + records.corruptions).map { name -> [Markup] in
      // Of the images as they are there is one figure, whatever the severity.
      let severities = records.severities.map { name == CorruptionRecord.none ? 0 : $0 }
      return ["\(name)"] + severities.map { figure(records.tally(name, severity: $0)) }
    }
    return """
      <h3>\(entry.label)</h3>
      \(DataTable(
        caption: "\(entry.label): accuracy under each corruption, all tasks",
        header: ["Corruption"] + records.severities.map { "severity \($0)" }, rows: rows).markup)
      """
  }

  private func taskTable(_ entry: Entry) -> Markup {
    let records = entry.results.corruptions
    let rows = records.filter { !$0.counts.isEmpty }.map { record -> [Markup] in
      let counts = Dictionary(zip(record.severities, record.counts)) { first, _ in first }
      return ["\(record.task)", "\(record.corruption)"]
        + records.severities.map { figure(counts[record.corruption == CorruptionRecord.none ? 0 : $0]) }
    }
    return DataTable(
      caption: "\(entry.label): accuracy under each corruption, task by task",
      header: ["Task", "Corruption"] + records.severities.map { "severity \($0)" }, rows: rows, textColumns: 2
    ).markup
  }

  private func figure(_ tally: Tally?) -> Markup {
    "\(Figures.percent(tally?.rate))<small>\(Figures.interval(tally?.interval))</small>"
  }
}

/// What the mean corruption error is, cell by cell, in every form of the report.
enum CorruptionWords {
  static let meanHeader = [
    "Error, images as they are", "Mean corruption error", "Over corruptions", "mCE, normalised", "By the errors of",
  ]

  static func means(_ error: CorruptionError?) -> [String] {
    guard let error else { return meanHeader.map { _ in Figures.absent } }
    let reference = error.reference.map { name in
      let count = error.normalizedCorruptions.map { $0 == error.corruptions ? "" : ", over \($0) corruptions" } ?? ""
      return name + count
    }
    return [
      Figures.percent(error.clean), Figures.percent(error.mean), "\(error.corruptions)",
      Figures.ratio(error.normalized), reference ?? Figures.absent,
    ]
  }
}
