import Dispatch
import Synchronization

/// The same work on many files, on several operating-system threads. Results are by index, so they do not depend on
/// the number of threads or on their order.
struct FileWorkers: Sendable {
  /// At most so many files at once, at least 1.
  let threads: Int
  /// Called as (done, total) after every few files, one call at a time, from the threads that do the work.
  var progress: (@Sendable (Int, Int) -> Void)?

  /// `work` for every index below `count`. Each thread has one reader of its own.
  func map<Result: Sendable>(_ count: Int, _ work: @Sendable (FileReader, Int) -> Result) -> [Result] {
    // A thread takes the next few files when it has done its last ones: neighbours are often of one cost.
    let block = max(1, min(32, count / (4 * max(1, threads))))
    let tally = Tally(total: count, report: progress)
    let workers = max(1, min(threads, (count + block - 1) / block))
    return [Result](unsafeUninitializedCapacity: count) { results, initialized in
      // Each index is written by exactly one thread, and concurrentPerform returns after all have finished.
      nonisolated(unsafe) let results = results
      DispatchQueue.concurrentPerform(iterations: workers) { _ in
        let reader = FileReader()
        while let range = tally.claim(block) {
          for index in range { results.initializeElement(at: index, to: work(reader, index)) }
          tally.add(range.count)
        }
      }
      initialized = count
    }
  }
}

/// Which files are taken, and how many are done.
private final class Tally: Sendable {
  private struct State {
    var claimed = 0
    var done = 0
  }

  private let state = Mutex(State())
  private let total: Int
  private let report: (@Sendable (Int, Int) -> Void)?

  init(total: Int, report: (@Sendable (Int, Int) -> Void)?) {
    self.total = total
    self.report = report
  }

  /// The next files to work on, nil at the end.
  func claim(_ count: Int) -> Range<Int>? {
    state.withLock { state in
      guard state.claimed < total else { return nil }
      let start = state.claimed
      state.claimed = min(start + count, total)
      return start..<state.claimed
    }
  }

  func add(_ count: Int) {
    guard let report else { return }
    state.withLock { state in
      state.done += count
      report(state.done, total)
    }
  }
}
