import Foundation

extension Communicator {
  /// Does independent pieces of work, each on whichever rank is free, and gives all results to every rank in order.
  ///
  /// Rank 0 hands out numbers, its own worker takes part. What a piece gives may depend on its number only, not on who
  /// does it or what was done before; then the results do not depend on the number of ranks.
  ///
  /// - Parameters:
  ///   - count: of pieces; that of rank 0 holds.
  ///   - known: what a piece gives, where it is known already; asked on rank 0.
  ///   - work: does a piece. It must not use this communicator.
  ///   - arrived: called on rank 0, on the calling thread, for each piece when it is done, in any order.
  /// - Returns: the results in the order of pieces.
  /// - Throws: what `work` and `arrived` throw, on the rank where they throw it, which then has to ``abort(_:status:)``;
  ///   ``DistributedError``.
  public func queue<Result: Codable>(
    count: Int, known: (Int) -> Result? = { _ in nil }, work: (Int) throws -> Result,
    arrived: (Int, Result) throws -> Void = { _, _ in }
  ) throws -> [Result] {
    guard let transport, size > 1 else {
      return try (0..<count).map { piece in
        if let result = known(piece) { return result }
        let result = try work(piece)
        try arrived(piece, result)
        return result
      }
    }
    guard isFirst else {
      try Self.work(for: transport) { try QueueMessage.encode(work($0)) }
      return try QueueMessage.decode(transport.broadcast([]), from: 0)
    }
    var results = (0..<count).map(known)
    let server = QueueServer(pieces: results.indices.filter { results[$0] == nil }, transport)
    defer { server.stop() }
    func take(_ arrivals: [QueueServer.Arrival]) throws {
      for arrival in arrivals {
        let result = try QueueMessage.decode(arrival.bytes, from: arrival.rank) as Result
        guard results.indices.contains(arrival.piece) else { throw DistributedError.unreadable(rank: arrival.rank) }
        results[arrival.piece] = result
        try arrived(arrival.piece, result)
      }
    }
    while let piece = server.next() {
      let result = try work(piece)
      results[piece] = result
      try arrived(piece, result)
      try take(server.arrivals())
    }
    while let arrivals = try server.moreArrivals() { try take(arrivals) }
    let all = results.compactMap { $0 }
    _ = try transport.broadcast(QueueMessage.encode(all))
    return all
  }

  /// A rank that asks for work until there is none.
  private static func work(for transport: any Transport, _ work: (Int) throws -> [UInt8]) throws {
    var request = QueueMessage.request(nil)
    while true {
      try transport.send(request, to: 0, .request)
      guard let piece = try QueueMessage.piece(ofAnswer: transport.receive(from: 0, .answer)) else { return }
      request = QueueMessage.request((piece, try work(piece)))
    }
  }
}
