import Dispatch
import Synchronization

/// The same work on many files, on several operating-system threads. Results are by index, so they do not depend on
/// the number of threads or on their order.
struct FileWorkers: Sendable {
  /// At most so many files at once, at least 1.
  let threads: Int

  /// `work` for every index below `count`. Each thread has one reader of its own.
  func map<Result: Sendable>(_ count: Int, _ work: @Sendable (FileReader, Int) -> Result) -> [Result] {
    // A thread takes the next few files when it has done its last ones: neighbours are often of one cost.
    let block = max(1, min(32, count / (4 * max(1, threads))))
    let claimed = Mutex(0)
    let workers = max(1, min(threads, (count + block - 1) / block))
    return [Result](unsafeUninitializedCapacity: count) { results, initialized in
      // Each index is written by exactly one thread, and concurrentPerform returns after all have finished.
      nonisolated(unsafe) let results = results
      DispatchQueue.concurrentPerform(iterations: workers) { _ in
        let reader = FileReader()
        while true {
          let start = claimed.withLock { claimed in
            defer { claimed = min(claimed + block, count) }
            return claimed
          }
          guard start < count else { return }
          for index in start..<min(start + block, count) {
            results.initializeElement(at: index, to: work(reader, index))
          }
        }
      }
      initialized = count
    }
  }

  /// `work` for every index below `count`, to the end.
  ///
  /// - Throws: what it threw for the lowest index.
  func forEach(_ count: Int, _ work: @Sendable (FileReader, Int) throws -> Void) throws {
    let failures = map(count) { reader, index -> (any Error)? in
      do {
        try work(reader, index)
        return nil
      } catch {
        return error
      }
    }
    if let failure = failures.lazy.compactMap({ $0 }).first { throw failure }
  }
}
