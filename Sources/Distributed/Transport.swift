/// How ranks reach each other. Functions may be called from any thread, by one at a time.
package protocol Transport: Sendable {
  var rank: Int { get }
  var size: Int { get }
  /// How many ranks share this machine, this one included.
  var neighbours: Int { get }
  /// This rank's number among those, from 0.
  var place: Int { get }

  func barrier() throws
  /// Rank 0's bytes; the others' do not matter.
  func broadcast(_ bytes: [UInt8]) throws -> [UInt8]
  func send(_ bytes: [UInt8], to rank: Int, _ tag: MessageTag) throws
  /// The next message of a rank, in the order in which that rank sent them.
  func receive(from rank: Int, _ tag: MessageTag) throws -> [UInt8]
  /// The next message of any rank.
  /// - Parameter isStopped: asked while none is there; nil is returned where it says so.
  func receive(
    _ tag: MessageTag, isStopped: @escaping @Sendable () -> Bool
  ) throws -> (bytes: [UInt8], source: Int)?
  /// Replaces everyone's values by their sum, added in the order of ranks.
  func sum(_ values: UnsafeMutableBufferPointer<Float>) throws
  func sum(_ values: UnsafeMutableBufferPointer<Double>) throws
  /// Waits for all ranks, and leaves.
  func finish() throws
  /// Ends every rank; returns where even that fails.
  func abort(status: Int32)
}

/// What a message is about, so that none is taken for another.
package enum MessageTag: Int32, Sendable {
  case gather = 1
  /// A rank has a result, or none yet, and asks for work.
  case request
  /// The work that a rank gets.
  case answer
}
