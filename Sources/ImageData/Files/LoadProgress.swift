import Synchronization

/// Counts files that are done, by however many workers one after another, and never backwards: work that has to be done
/// again is reported when it passes the mark.
final class LoadProgress: Sendable {
  private struct State {
    var done = 0
    var reported = 0
  }

  private let state = Mutex(State())
  private let total: Int
  private let report: (@Sendable (Int, Int) -> Void)?

  init(total: Int, report: (@Sendable (Int, Int) -> Void)?) {
    self.total = total
    self.report = report
  }

  func add(_ count: Int = 1) {
    guard let report else { return }
    state.withLock { state in
      state.done += count
      guard state.done > state.reported, state.done <= total,
        state.done / 32 > state.reported / 32 || state.done == total
      else { return }
      state.reported = state.done
      report(state.done, total)
    }
  }

  /// Nothing is left to do.
  func finish() {
    guard let report else { return }
    state.withLock { state in
      if state.reported < total { report(total, total) }
      state.reported = total
    }
  }

  /// All files have to be done again.
  func restart() {
    state.withLock { $0.done = 0 }
  }
}
