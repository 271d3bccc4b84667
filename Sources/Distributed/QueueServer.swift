import Foundation

/// Rank 0's side of a queue: a thread that answers the other ranks while rank 0's own worker computes.
///
/// Results of other ranks are kept until the worker asks for them, so that only one thread touches what it makes of
/// them.
final class QueueServer: @unchecked Sendable {
  struct Arrival {
    var piece: Int
    var bytes: [UInt8]
    var rank: Int
  }

  // `condition` guards all below it.
  private let condition = NSCondition()
  /// Not handed out yet, the next one last.
  private var waiting: [Int]
  private var arrived: [Arrival] = []
  private var failure: (any Error)?
  private var isStopped = false
  private var isServing = true

  /// Begins to serve.
  init(pieces: [Int], _ transport: any Transport) {
    waiting = pieces.reversed()
    Thread { [self] in serve(transport) }.start()
  }

  /// A piece for rank 0's own worker; nil where there are no more.
  func next() -> Int? { condition.withLock { failure == nil ? waiting.popLast() : nil } }

  /// What has arrived since the last time.
  func arrivals() -> [Arrival] {
    condition.withLock {
      defer { arrived = [] }
      return arrived
    }
  }

  /// The same, once there is something; nil when every rank has brought its last result and was sent away.
  /// - Throws: what broke the service.
  func moreArrivals() throws -> [Arrival]? {
    try condition.withLock {
      while isServing, arrived.isEmpty { condition.wait() }
      if let failure { throw failure }
      defer { arrived = [] }
      return arrived.isEmpty ? nil : arrived
    }
  }

  /// Stops serving, and waits for that: from then on the transport belongs to the caller again.
  func stop() {
    condition.withLock {
      isStopped = true
      while isServing { condition.wait() }
    }
  }

  private func serve(_ transport: any Transport) {
    let result = Result { try answer(transport) }
    condition.withLock {
      if case .failure(let error) = result { failure = error }
      isServing = false
      condition.broadcast()
    }
  }

  private func answer(_ transport: any Transport) throws {
    let isStopped: @Sendable () -> Bool = { [self] in condition.withLock { self.isStopped } }
    var busy = transport.size - 1
    // Asked here too: a message may be there each time.
    while busy > 0, !isStopped(), let (bytes, rank) = try transport.receive(.request, isStopped: isStopped) {
      let done = try QueueMessage.done(inRequest: bytes, from: rank)
      let piece = condition.withLock {
        if let done { arrived.append(Arrival(piece: done.piece, bytes: done.bytes, rank: rank)) }
        condition.broadcast()
        return waiting.popLast()
      }
      try transport.send(QueueMessage.answer(piece), to: rank, .answer)
      if piece == nil { busy -= 1 }
    }
  }
}
