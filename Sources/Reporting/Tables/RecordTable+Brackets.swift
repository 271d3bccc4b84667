import Results

extension RecordTable {
  /// Certified radii beside the nearest attacks, task by task.
  static func brackets(_ entries: [Entry]) -> RecordTable {
    RecordTable(
      "Brackets",
      ["Task", "Norm", "Attack", "Certificate", "Images", "Median radius", "Radius above its attack"],
      of: \.brackets, in: entries
    ) { bracket in
      [
        .text(bracket.task), .text(bracket.norm.symbol), .text(MeasureKey.display(bracket.attack)),
        .text(bracket.soundness ?? Figures.absent), .count(bracket.certifiedRadius.count),
        .number(bracket.medianRadius), .count(bracket.violations.count),
      ]
    }
  }
}
