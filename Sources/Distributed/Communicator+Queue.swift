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
    var results = [Result?](repeating: nil, count: isFirst ? count : 0)
    try share(
      count: count,
      isKnown: { piece in
        results[piece] = known(piece)
        return results[piece] != nil
      }, work: work,
      arrived: { piece, result in
        results[piece] = result
        try arrived(piece, result)
      })
    return try broadcast { results.compactMap { $0 } }
  }

  /// The same where only rank 0 has use for what the pieces give, and that piece by piece: nothing is gathered.
  ///
  /// - Parameter isKnown: whether a piece need not be done; asked on rank 0, of each piece in order.
  /// - Throws: as ``queue(count:known:work:arrived:)``.
  public func share<Result: Codable>(
    count: Int, isKnown: (Int) -> Bool = { _ in false }, work: (Int) throws -> Result,
    arrived: (Int, Result) throws -> Void
  ) throws {
    guard let transport, size > 1 else {
      for piece in 0..<count where !isKnown(piece) { try arrived(piece, work(piece)) }
      return
    }
    guard isFirst else { return try Self.work(for: transport) { try QueueMessage.encode(work($0)) } }
    let pieces = (0..<count).filter { !isKnown($0) }
    let server = QueueServer(pieces: pieces, transport)
    defer { server.stop() }
    func take(_ arrivals: [QueueServer.Arrival]) throws {
      for arrival in arrivals {
        guard (0..<count).contains(arrival.piece) else { throw DistributedError.unreadable(rank: arrival.rank) }
        try arrived(arrival.piece, QueueMessage.decode(arrival.bytes, from: arrival.rank))
      }
    }
    while let piece = server.next() {
      try arrived(piece, work(piece))
      try take(server.arrivals())
    }
    while let arrivals = try server.moreArrivals() { try take(arrivals) }
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
