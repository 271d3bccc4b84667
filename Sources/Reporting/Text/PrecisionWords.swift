import Results

/// Answers in bfloat16 beside those in fp32, cell by cell, in every form of the report.
enum PrecisionWords {
  static let title = "Half the bits"

  static let header = [
    "Strategy", "Task", "Images", "Right in fp32", "Right in bfloat16", "Another answer",
    "Largest difference of a logit",
    "Of the largest logit",
  ]

  static func rows(_ entries: [Entry]) -> [[String]] {
    entries.flatMap { entry in
      entry.results.precision.map { record in
        [
          entry.label, record.task, "\(record.exact.n)", Figures.percent(record.exact.rate),
          Figures.percent(record.reduced.rate), "\(record.changed)", Figures.number(record.largestDifference),
          Figures.percent(record.relativeDifference),
        ]
      }
    }
  }
}
