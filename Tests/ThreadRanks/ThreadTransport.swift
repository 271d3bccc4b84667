import Distributed
import Foundation

/// Ranks that are threads of this process: what they say to each other, without MPI.
package final class ThreadTransport: Transport {
  fileprivate struct Envelope {
    var bytes: [UInt8]
    var source: Int
    var tag: MessageTag
  }

  /// What all ranks share.
  package final class Post: @unchecked Sendable {
    // `condition` guards the rest.
    fileprivate let condition = NSCondition()
    fileprivate var boxes: [[Envelope]]
    fileprivate var hasEnded = false

    package init(_ size: Int) { boxes = Array(repeating: [], count: size) }

    /// A rank cannot go on: whoever waits for a message is told.
    fileprivate func end() {
      condition.withLock {
        hasEnded = true
        condition.broadcast()
      }
    }
  }

  /// What a rank is told that waits when another one has failed; over processes it would have been ended.
  package static let ended = DistributedError.mpi("another rank has failed")

  package let rank: Int
  package let size: Int
  package var neighbours: Int { size }
  package var place: Int { rank }
  private let post: Post

  package init(_ rank: Int, of size: Int, _ post: Post) {
    self.rank = rank
    self.size = size
    self.post = post
  }

  package func send(_ bytes: [UInt8], to rank: Int, _ tag: MessageTag) throws {
    post.condition.withLock {
      post.boxes[rank].append(Envelope(bytes: bytes, source: self.rank, tag: tag))
      post.condition.broadcast()
    }
  }

  package func receive(from source: Int, _ tag: MessageTag) throws -> [UInt8] {
    try take(isStopped: { false }) { $0.source == source && $0.tag == tag }?.bytes ?? []
  }

  package func receive(
    _ tag: MessageTag, isStopped: @escaping @Sendable () -> Bool
  ) throws -> (bytes: [UInt8], source: Int)? {
    try take(isStopped: isStopped) { $0.tag == tag }.map { ($0.bytes, $0.source) }
  }

  private func take(isStopped: () -> Bool, where isMeant: (Envelope) -> Bool) throws -> Envelope? {
    while true {
      let found: Envelope? = try post.condition.withLock {
        if let place = post.boxes[rank].firstIndex(where: isMeant) { return post.boxes[rank].remove(at: place) }
        if post.hasEnded { throw Self.ended }
        _ = post.condition.wait(until: Date(timeIntervalSinceNow: 0.01))
        return nil
      }
      if found != nil || isStopped() { return found }
    }
  }

  package func broadcast(_ bytes: [UInt8]) throws -> [UInt8] {
    guard rank == 0 else { return try receive(from: 0, .gather) }
    for other in 1..<size { try send(bytes, to: other, .gather) }
    return bytes
  }

  package func barrier() throws { _ = try exchange([]) }

  package func sum(_ values: UnsafeMutableBufferPointer<Float>) throws { try add(values) }
  package func sum(_ values: UnsafeMutableBufferPointer<Double>) throws { try add(values) }

  private func add<Value: FloatingPoint>(_ values: UnsafeMutableBufferPointer<Value>) throws {
    let all = try exchange(Array(UnsafeRawBufferPointer(values)))
    for (rank, bytes) in all.enumerated() {
      bytes.withUnsafeBytes { bytes in
        for place in values.indices {
          let value = bytes.loadUnaligned(fromByteOffset: place * MemoryLayout<Value>.stride, as: Value.self)
          values[place] = rank == 0 ? value : values[place] + value
        }
      }
    }
  }

  /// Everyone's bytes, in the order of ranks.
  private func exchange(_ bytes: [UInt8]) throws -> [[UInt8]] {
    for other in 0..<size where other != rank { try send(bytes, to: other, .gather) }
    return try (0..<size).map { try $0 == rank ? bytes : receive(from: $0, .gather) }
  }

  package func finish() throws {}
  package func abort(status: Int32) {}

  /// Runs the body on so many ranks, each a thread of its own; the outcomes in the order of ranks. One that throws ends
  /// the waiting of all others.
  package static func run<Value: Sendable>(
    _ size: Int, _ body: @escaping @Sendable (Communicator) throws -> Value
  ) -> [Result<Value, any Error>] {
    let post = Post(size)
    let outcomes = Outcomes<Value>()
    let group = DispatchGroup()
    for rank in 0..<size {
      group.enter()
      let thread = Thread {
        let ranks = Communicator(ThreadTransport(rank, of: size, post))
        let outcome = Result { try body(ranks) }
        if case .failure = outcome { post.end() }
        outcomes.set(rank, outcome)
        group.leave()
      }
      // Backward passes recurse.
      thread.stackSize = 64 << 20
      thread.start()
    }
    group.wait()
    return (0..<size).compactMap(outcomes.at)
  }

  private final class Outcomes<Value: Sendable>: @unchecked Sendable {
    private let lock = NSLock()
    private var found: [Int: Result<Value, any Error>] = [:]

    func set(_ rank: Int, _ result: Result<Value, any Error>) { lock.withLock { found[rank] = result } }
    func at(_ rank: Int) -> Result<Value, any Error>? { lock.withLock { found[rank] } }
  }
}
