import Results

extension RecordTable {
  /// How far earlier answers have moved, and can have.
  static func drift(_ entries: [Entry]) -> RecordTable {
    RecordTable(
      "How far old answers have moved (L2 of logits)",
      [
        "Task", "Images", "Median moved", "Most moved", "Median bound", "Largest bound", "Provably the same class",
        "The same class", "Above their bound",
      ], of: \.drift, in: entries
    ) { record in
      [
        .text(record.task), .count(record.images), .number(record.medianMovement), .number(record.largestMovement),
        .number(record.medianBound), .number(record.largestBound), .rate(record.proven), .rate(record.standing),
        .count(record.violations),
      ]
    }
  }
}
