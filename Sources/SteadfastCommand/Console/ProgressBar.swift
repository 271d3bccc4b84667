/// How far a piece of work is, as text.
struct ProgressBar: Sendable {
  let stage: String
  let total: Int
  let unit: String
  let start: ContinuousClock.Instant
  /// How much was done when the work was first heard of; the rate counts from there.
  let first: Int
  var done = 0

  init(stage: String, total: Int, unit: String, start: ContinuousClock.Instant, first: Int) {
    self.stage = stage
    self.total = total
    self.unit = unit
    self.start = start
    self.first = first
  }

  /// `learn 2: bag, boot  ━━━━━━────────  7/20 epochs  1.4/s  9 s left`, at most `width` columns.
  func drawn(at now: ContinuousClock.Instant, width: Int) -> String {
    let figures = "\(done)/\(total) \(unit)" + pace(at: now)
    let cells = min(30, max(0, width - 1 - figures.count - min(stage.count, 40) - 4))
    let filled = total > 0 ? cells * min(done, total) / total : cells
    let bar = String(repeating: "━", count: filled) + String(repeating: "─", count: cells - filled)
    let parts = [stage.count > 40 ? stage.prefix(39) + "…" : stage[...], bar[...], figures[...]]
    return String(parts.filter { !$0.isEmpty }.joined(separator: "  ").prefix(max(1, width - 1)))
  }

  /// One line for a log.
  func line(at now: ContinuousClock.Instant) -> String { "\(stage): \(done)/\(total) \(unit)" + pace(at: now) }

  private func pace(at now: ContinuousClock.Instant) -> String {
    let seconds = (now - start) / .seconds(1)
    guard seconds > 0.2, done > first else { return "" }
    let rate = Double(done - first) / seconds
    let shown = rate >= 100 ? Numbers.fixed(rate, 0) : rate >= 1 ? Numbers.fixed(rate, 1) : Numbers.fixed(rate, 3)
    let left = done >= total ? "" : "  \(Numbers.duration(Double(total - done) / rate)) left"
    return "  \(shown)/s" + left
  }
}
