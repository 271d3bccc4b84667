import Results

extension RecordTable {
  /// Answers in bfloat16 beside those in fp32.
  static func precision(_ entries: [Entry]) -> RecordTable {
    RecordTable(
      "Half the bits",
      [
        "Task", "Images", "Right in fp32", "Right in bfloat16", "Another answer", "Largest difference of a logit",
        "Of the largest logit",
      ], of: \.precision, in: entries
    ) { record in
      [
        .text(record.task), .count(record.exact.n), .text(Figures.percent(record.exact.rate)),
        .text(Figures.percent(record.reduced.rate)), .count(record.changed), .number(record.largestDifference),
        .text(Figures.percent(record.relativeDifference)),
      ]
    }
  }
}
