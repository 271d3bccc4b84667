import Results

extension RecordTable {
  /// Certified accuracy of the networks under noise.
  static func smoothing(_ entries: [Entry]) -> RecordTable {
    let radii = smoothedRadii(entries)
    return RecordTable(
      "Under noise: probabilistic certificates of the smoothed classifier",
      ["Task", "Kind", "σ", "n0 + n draws", "α", "Seed", "Images", "Abstentions"]
        + radii.map { "Certified under noise, L2\u{A0}\($0.text)" },
      of: \.smoothing, in: entries
    ) { record in
      let draws = "\(Figures.count(record.selectionSamples)) + \(Figures.count(record.samples))"
      return [
        .text(record.task), .text(record.soundness), .number(record.sigma), .text(draws), .number(record.alpha),
        .text("\(record.seed)"), .count(record.correct.count), .count(record.abstentions),
      ] + radii.map { .rate(record.certified(at: $0)) }
    }
  }

  /// 0, and the L2 sizes at which the network itself is certified, so that both can be read side by side; where there
  /// are none, the customary ones.
  static func smoothedRadii(_ entries: [Entry]) -> [Rational] {
    let certified = entries.flatMap { entry in
      entry.results.accuracy.map(\.key).filter { $0.measure == MeasureName.certified && $0.norm == .l2 }.compactMap(
        \.epsilon)
    }
    let usual = ["1/10", "1/4", "1/2"].compactMap { try? Rational($0) }
    return Set([.zero] + (certified.isEmpty ? usual : certified)).sorted()
  }
}
