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
