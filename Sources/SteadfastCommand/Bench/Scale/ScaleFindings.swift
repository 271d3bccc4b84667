import Steadfast

/// What `bench scale` measured.
struct ScaleFindings: CommandResult {
  struct Row: Encodable, Sendable {
    let growing: ScaleRun.Growing
    let size: Int
    /// Of the fastest round.
    let seconds: Double
    /// In bytes, of the leanest round; of several processes, of the largest one.
    let peakMemory: Int

    init(_ run: ScaleRun, _ outcomes: [ScaleRun.Outcome]) {
      growing = run.growing
      size = run.size
      seconds = outcomes.map(\.seconds).min() ?? 0
      peakMemory = outcomes.map(\.peakMemory).min() ?? 0
    }
  }

  struct Growth: Encodable, Sendable {
    let growing: ScaleRun.Growing
    let time: GrowthFit?
    let memory: GrowthFit?
  }

  let schema = "steadfast.bench-scale/1"
  var rows: [Row] = []
  /// Why processes were left out.
  var skipped: String?

  var growth: [Growth] {
    ScaleRun.Growing.allCases.compactMap { growing in
      let rows = rows.filter { $0.growing == growing }
      guard rows.count > 1 else { return nil }
      let sizes = rows.map { Double($0.size) }
      return Growth(
        growing: growing, time: GrowthFit(sizes: sizes, values: rows.map(\.seconds)),
        memory: GrowthFit(sizes: sizes, values: rows.map { Double($0.peakMemory) }))
    }
  }

  private enum CodingKeys: String, CodingKey { case schema, rows, growth, skipped }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(schema, forKey: .schema)
    try container.encode(rows, forKey: .rows)
    try container.encode(growth, forKey: .growth)
    try container.encodeIfPresent(skipped, forKey: .skipped)
  }

  var text: String {
    var table = TextTable(["growing", "size", "seconds", "peak memory"])
    for row in rows {
      table.add([
        row.growing.rawValue, Numbers.grouped(row.size), Numbers.fixed(row.seconds, 2),
        Numbers.mebibytes(row.peakMemory),
      ])
    }
    var fits = TextTable(["as size to the power p", "p", "± standard error", "p at the end"])
    for growth in growth {
      for (name, fit) in [("time", growth.time), ("memory", growth.memory)] {
        guard let fit else { continue }
        fits.add([
          "\(name) over \(growth.growing.rawValue)", Numbers.fixed(fit.exponent, 2),
          fit.standardError.map { Numbers.fixed($0, 2) } ?? "–", Numbers.fixed(fit.last, 2),
        ])
      }
    }
    let notes = ["0 is flat, 1 linear, 2 quadratic."] + (skipped.map { ["Processes are left out: \($0)."] } ?? [])
    return [table.text, growth.isEmpty ? "" : fits.text, notes.joined(separator: "\n")].filter { !$0.isEmpty }
      .joined(separator: "\n\n")
  }
}
