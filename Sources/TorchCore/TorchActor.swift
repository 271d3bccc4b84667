import CTorchShim
import Foundation

/// The one thread that torch runs on.
///
/// OpenMP's teams and torch's thread count belong to the calling thread, and Swift's tasks hop between threads: without
/// a thread of its own, torch would run with another team at every hop, and sums would be split differently.
@globalActor
public actor TorchActor {
  public static let shared = TorchActor()

  private let executor = TorchExecutor()

  public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  /// Runs synchronous torch work on torch's thread.
  public static func run<Result: Sendable>(
    _ body: @TorchActor @Sendable () throws -> Result
  ) async rethrows -> Result {
    try await body()
  }
}

/// Jobs in order of arrival on one thread with a large stack (deep graphs recurse).
private final class TorchExecutor: SerialExecutor, @unchecked Sendable {
  // `condition` guards `jobs`.
  private let condition = NSCondition()
  private var jobs: [UnownedJob] = []

  init() {
    let thread = Thread { [unowned self] in self.serve() }
    thread.stackSize = 256 << 20
    thread.start()
  }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    condition.withLock {
      jobs.append(job)
      condition.signal()
    }
  }

  private func serve() {
    sf_keep_freed_memory()
    // A failure here is repeated by the first tensor operation, which has someone to tell.
    _ = sf_use_deterministic_fp32()
    while true {
      let job = condition.withLock {
        while jobs.isEmpty { condition.wait() }
        return jobs.removeFirst()
      }
      job.runSynchronously(on: asUnownedSerialExecutor())
    }
  }
}
