import Steadfast

/// Times a piece of work over and over; the fastest round counts, for whatever else the machine does only slows it.
struct Stopwatch: Sendable {
  /// How long to go on.
  let seconds: Double
  /// Where the work is done: a round ends when that is at rest.
  let device: Device

  /// - Returns: seconds of the fastest round, after one to warm up.
  func fastest(_ work: () throws -> Void) throws -> Double {
    let clock = ContinuousClock()
    try work()
    try device.synchronize()
    let end = clock.now + .seconds(seconds)
    var best = Double.infinity
    repeat {
      let start = clock.now
      try work()
      try device.synchronize()
      best = min(best, (clock.now - start) / .seconds(1))
    } while clock.now < end
    return best
  }
}
