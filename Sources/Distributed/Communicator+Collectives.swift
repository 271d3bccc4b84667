extension Communicator {
  /// Waits until every rank is here.
  /// - Throws: ``DistributedError``.
  public func barrier() throws { try transport?.barrier() }

  /// Rank 0's bytes, on every rank.
  /// - Parameter bytes: of rank 0; those of the others do not matter.
  /// - Throws: ``DistributedError``.
  public func broadcast(_ bytes: [UInt8]) throws -> [UInt8] { try transport?.broadcast(bytes) ?? bytes }

  /// Everyone's bytes, in the order of ranks, on rank 0; nil on the others. Lengths may differ.
  /// - Throws: ``DistributedError``.
  public func gather(_ bytes: [UInt8]) throws -> [[UInt8]]? {
    guard let transport else { return [bytes] }
    guard isFirst else {
      try transport.send(bytes, to: 0, .gather)
      return nil
    }
    return try [bytes] + (1..<size).map { try transport.receive(from: $0, .gather) }
  }

  /// Replaces everyone's values by their sum over ranks, added in the order of ranks: ((x₀ + x₁) + x₂) + …
  ///
  /// So the sum has the same bits on every rank and in every run with as many ranks; with another number of ranks,
  /// values that stand for other parts of the work are rounded at other places.
  /// - Parameter values: as many on every rank.
  /// - Throws: ``DistributedError``.
  public func sum(_ values: inout [Float]) throws {
    try values.withUnsafeMutableBufferPointer { try transport?.sum($0) }
  }

  /// The same in double precision.
  public func sum(_ values: inout [Double]) throws {
    try values.withUnsafeMutableBufferPointer { try transport?.sum($0) }
  }
}
