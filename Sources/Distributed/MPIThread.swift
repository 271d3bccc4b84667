#if MPI
  import Foundation

  /// The one thread that calls MPI. Callers wait for it.
  final class MPIThread: @unchecked Sendable {
    // `condition` guards `jobs`.
    private let condition = NSCondition()
    private var jobs: [() -> Void] = []

    init() {
      Thread { [unowned self] in serve() }.start()
    }

    /// Runs the body there, and returns when it has.
    ///
    /// It is escaping since the thread may let go of it a moment after it has run, which `withoutActuallyEscaping`
    /// traps.
    func run<Value>(_ body: @escaping () throws -> Value) throws -> Value {
      let done = DispatchSemaphore(value: 0)
      var result: Result<Value, any Error>?
      condition.withLock {
        jobs.append {
          result = Result(catching: body)
          done.signal()
        }
        condition.signal()
      }
      done.wait()
      guard let result else { throw DistributedError.mpi("its thread did not answer") }
      return try result.get()
    }

    private func serve() {
      while true {
        let job = condition.withLock {
          while jobs.isEmpty { condition.wait() }
          return jobs.removeFirst()
        }
        job()
      }
    }
  }
#endif
