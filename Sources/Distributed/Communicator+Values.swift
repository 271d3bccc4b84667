extension Communicator {
  /// Rank 0's value, on every rank; numbers are read as the very ones that were written.
  ///
  /// - Parameter value: made on rank 0 alone.
  /// - Throws: what `value` throws; ``DistributedError``.
  public func broadcast<Value: Codable>(_ value: () throws -> Value) throws -> Value {
    guard size > 1 else { return try value() }
    guard isFirst else { return try QueueMessage.decode(broadcast([]), from: 0) }
    let own = try value()
    _ = try broadcast(QueueMessage.encode(own))
    return own
  }
}
