import Dispatch
import Foundation

/// The same work on many files, on several operating-system threads. Results are by index, so they do not depend on
/// the number of threads or on their order.
struct FileWorkers: Sendable {
  /// At most so many files at once, at least 1.
  let threads: Int
  /// Called as (done, total) after every few files, one call at a time, from the threads that do the work.
  var progress: (@Sendable (Int, Int) -> Void)?

  /// Neighbouring files are in one folder and often of one size: small blocks spread them over the threads.
  private static let block = 32

  /// `work` for every index below `count`. Each thread has one reader of its own.
  func map<Result: Sendable>(_ count: Int, _ work: @Sendable (FileReader, Int) -> Result) -> [Result] {
    let tally = Tally(total: count, report: progress)
    let workers = max(1, min(threads, (count + Self.block - 1) / Self.block))
    return [Result](unsafeUninitializedCapacity: count) { results, initialized in
      // Each index is written by exactly one thread, and concurrentPerform returns after all have finished.
      nonisolated(unsafe) let results = results
      DispatchQueue.concurrentPerform(iterations: workers) { worker in
        let reader = FileReader()
        for start in stride(from: worker * Self.block, to: count, by: workers * Self.block) {
          let end = min(start + Self.block, count)
          for index in start..<end { results.initializeElement(at: index, to: work(reader, index)) }
          tally.add(end - start)
        }
      }
      initialized = count
    }
  }
}

/// How many files are done.
private final class Tally: @unchecked Sendable {
  private let lock = NSLock()
  private var done = 0
  private let total: Int
  private let report: (@Sendable (Int, Int) -> Void)?

  init(total: Int, report: (@Sendable (Int, Int) -> Void)?) {
    self.total = total
    self.report = report
  }

  func add(_ count: Int) {
    guard let report else { return }
    lock.withLock {
      done += count
      report(done, total)
    }
  }
}
