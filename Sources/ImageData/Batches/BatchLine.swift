import Foundation

/// Threads that make batches, and the batches that wait for their turn.
///
/// Apart from `BatchLoader` so that no thread keeps the loader alive.
final class BatchLine: @unchecked Sendable {
  typealias Work = @Sendable (_ epoch: Int, _ number: Int, _ places: [Int]) throws -> Batch

  private let ahead: Int
  private let work: Work
  /// Guards everything below; signalled at every change.
  private let condition = NSCondition()
  private var schedule: BatchSchedule
  /// Batches that are made and were not handed out, by their place in the schedule.
  private var made: [Int: Result<Batch, any Error>] = [:]
  /// The place of the next batch that no thread has taken, and of the next to hand out.
  private var claimed: Int
  private var delivered: Int
  private var isCancelled = false
  private var running: Int

  init(_ schedule: BatchSchedule, ahead: Int, threads: Int, work: @escaping Work) {
    self.schedule = schedule
    self.ahead = ahead
    self.work = work
    claimed = schedule.start
    delivered = schedule.start
    running = threads
    for _ in 0..<threads { Thread { self.run() }.start() }
  }

  func next() -> Result<Batch, any Error>? {
    condition.lock()
    defer { condition.unlock() }
    while true {
      if isCancelled || delivered >= schedule.end { return nil }
      if let batch = made.removeValue(forKey: delivered) {
        delivered += 1
        condition.broadcast()
        return batch
      }
      condition.wait()
    }
  }

  func cancel() {
    condition.lock()
    isCancelled = true
    condition.broadcast()
    while running > 0 { condition.wait() }
    made = [:]
    condition.unlock()
  }

  private func run() {
    while let (place, batch) = claim() {
      let result = Result { try work(batch.epoch, batch.number, batch.places) }
      condition.lock()
      made[place] = result
      condition.broadcast()
      condition.unlock()
    }
    condition.lock()
    running -= 1
    condition.broadcast()
    condition.unlock()
  }

  /// Waits until there is room for another batch; nil where none is wanted.
  private func claim() -> (Int, (epoch: Int, number: Int, places: [Int]))? {
    condition.lock()
    defer { condition.unlock() }
    while !isCancelled, claimed < schedule.end, claimed - delivered >= ahead { condition.wait() }
    if isCancelled || claimed >= schedule.end { return nil }
    defer { claimed += 1 }
    return (claimed, schedule.batch(at: claimed))
  }
}
