import Foundation

/// How long a grid will still take, from how long its finished cells took.
struct GridProgress {
  private var seconds: [String: [Double]] = [:]

  mutating func add(_ variant: String, seconds value: Double?) {
    if let value { seconds[variant, default: []].append(value) }
  }

  /// `about 12 min left`; empty while nothing is known.
  /// - Parameters:
  ///   - variants: of the cells that are left; a variant comes as often as it has cells.
  ///   - workers: how many take them.
  func left(_ variants: [String], among workers: Int = 1) -> String {
    let all = seconds.values.joined()
    guard !all.isEmpty else { return "" }
    let usual = all.reduce(0, +) / Double(all.count)
    let total = variants.reduce(0) { sum, variant in
      let own = seconds[variant] ?? []
      return sum + (own.isEmpty ? usual : own.reduce(0, +) / Double(own.count))
    }
    return "about \(Self.text(total / Double(workers))) left"
  }

  private static func text(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds < 1e9 else { return "long" }
    let minutes = Int((seconds / 60).rounded(.up))
    return seconds < 60
      ? "\(Int(seconds.rounded(.up))) s" : minutes < 60 ? "\(minutes) min" : "\(minutes / 60) h \(minutes % 60) min"
  }
}

/// Tells of one cell: progress says which cell it is of; of the notes, which are in the cell's log, only warnings pass.
struct GridCellObserver: RunObserver {
  let base: any RunObserver
  /// Such as `3/10`.
  let place: String

  func progress(_ stage: String, done: Int, of total: Int, unit: String) {
    base.progress("\(place) \(stage)", done: done, of: total, unit: unit)
  }

  func note(_ message: String) {}

  func warn(_ message: String) { base.warn(message) }
}
