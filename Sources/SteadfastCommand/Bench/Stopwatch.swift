import Foundation
import Steadfast

/// Times a piece of work over and over; the fastest round counts, for whatever else the machine does only slows it.
struct Stopwatch: Sendable {
  /// How long to go on.
  let seconds: Double

  /// - Returns: seconds of the fastest round, after one to warm up.
  func fastest(_ work: () throws -> Void) rethrows -> Double {
    let clock = ContinuousClock()
    try work()
    let end = clock.now + .seconds(seconds)
    var best = Double.infinity
    repeat {
      let start = clock.now
      try work()
      best = min(best, (clock.now - start) / .seconds(1))
    } while clock.now < end
    return best
  }
}

/// How much memory the process has had resident at most.
enum PeakMemory {
  /// - Throws: ``CommandError`` where the system does not say.
  static func bytes() throws -> Int {
    var usage = rusage()
    // Kibibytes on Linux, bytes on Apple's systems.
    #if os(Linux)
      let (status, unit) = (getrusage(RUSAGE_SELF.rawValue, &usage), 1024)
    #else
      let (status, unit) = (getrusage(RUSAGE_SELF, &usage), 1)
    #endif
    guard status == 0 else { throw CommandError(.internal, "the system does not tell this process's memory") }
    return Int(usage.ru_maxrss) * unit
  }
}
