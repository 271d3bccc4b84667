import Results

extension MarkdownReport {
  var corruptions: String {
    let measured = entries.filter { !$0.results.corruptions.isEmpty }
    guard !measured.isEmpty else { return "" }
    let cells = measured.flatMap { entry in
      entry.results.corruptions.flatMap { record in
        zip(record.severities, record.counts).map { severity, tally in
          [
            entry.label, record.task, record.corruption, "\(severity)",
            Figures.bracketed(Figures.percent(tally.rate), Figures.interval(tally.interval)),
          ]
        }
      }
    }
    let left = measured.flatMap { entry in
      entry.results.corruptions.leftOut.map {
        "- left out of \(Escape.markdown(entry.label)): \(Escape.markdown($0.corruption)), \(Escape.markdown($0.reason))\n"
      }
    }
    return "## Corrupted images\n\n"
      + MarkdownTable.text(
        ["Strategy"] + CorruptionWords.meanHeader,
        measured.map { [$0.label] + CorruptionWords.means($0.results.corruptionError) })
      + "\n" + left.joined() + (left.isEmpty ? "" : "\n")
      + MarkdownTable.text(["Strategy", "Task", "Corruption", "Severity", "Accuracy"], cells)
  }

  var movedInference: String {
    let rows = entries.flatMap { entry in
      (entry.results.taskInference?.underAttack ?? []).flatMap { moved in
        moved.moved.indices.map { row in
          [
            entry.label, moved.key.heading, "T\(row + 1)", Figures.percent(moved.inferred[row]?.rate),
            moved.moved[row].map { Figures.bracketed(Figures.percent($0.rate), Figures.interval($0.interval)) }
              ?? Figures.absent,
          ]
        }
      }
    }
    guard !rows.isEmpty else { return "" }
    return "## Task inference under attack\n\n"
      + MarkdownTable.text(["Strategy", "Attack", "After", "Correct task, clean", "Task moved"], rows)
  }
}
