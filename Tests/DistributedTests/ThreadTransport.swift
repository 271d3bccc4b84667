import Foundation

@testable import Distributed

/// Ranks that are threads of this process: the protocol of the queue without MPI.
final class ThreadTransport: Transport {
  fileprivate struct Envelope {
    var bytes: [UInt8]
    var source: Int
    var tag: MessageTag
  }

  /// What all ranks share.
  final class Post: @unchecked Sendable {
    fileprivate let condition = NSCondition()
    fileprivate var boxes: [[Envelope]]

    init(_ size: Int) { boxes = Array(repeating: [], count: size) }
  }

  let rank: Int
  let size: Int
  var neighbours: Int { size }
  private let post: Post

  init(_ rank: Int, of size: Int, _ post: Post) {
    self.rank = rank
    self.size = size
    self.post = post
  }

  func send(_ bytes: [UInt8], to rank: Int, _ tag: MessageTag) throws {
    post.condition.withLock {
      post.boxes[rank].append(Envelope(bytes: bytes, source: self.rank, tag: tag))
      post.condition.broadcast()
    }
  }

  func receive(from source: Int, _ tag: MessageTag) throws -> [UInt8] {
    take(isStopped: { false }) { $0.source == source && $0.tag == tag }?.bytes ?? []
  }

  func receive(_ tag: MessageTag, isStopped: @escaping @Sendable () -> Bool) throws -> (bytes: [UInt8], source: Int)? {
    take(isStopped: isStopped) { $0.tag == tag }.map { ($0.bytes, $0.source) }
  }

  private func take(isStopped: () -> Bool, where isMeant: (Envelope) -> Bool) -> Envelope? {
    while true {
      let found: Envelope? = post.condition.withLock {
        if let place = post.boxes[rank].firstIndex(where: isMeant) { return post.boxes[rank].remove(at: place) }
        _ = post.condition.wait(until: Date(timeIntervalSinceNow: 0.01))
        return nil
      }
      if found != nil || isStopped() { return found }
    }
  }

  func broadcast(_ bytes: [UInt8]) throws -> [UInt8] {
    guard rank == 0 else { return try receive(from: 0, .gather) }
    for other in 1..<size { try send(bytes, to: other, .gather) }
    return bytes
  }

  func barrier() throws {}
  func sum(_ values: UnsafeMutableBufferPointer<Float>) throws {}
  func finish() throws {}
  func abort(status: Int32) {}

  /// Runs the body on so many ranks, each a thread of its own; the outcomes in the order of ranks.
  static func run<Value: Sendable>(
    _ size: Int, _ body: @escaping @Sendable (Communicator) throws -> Value
  ) -> [Result<Value, any Error>] {
    let post = Post(size)
    let outcomes = Outcomes<Value>()
    let group = DispatchGroup()
    for rank in 0..<size {
      group.enter()
      Thread {
        let ranks = Communicator(ThreadTransport(rank, of: size, post))
        outcomes.set(rank, Result { try body(ranks) })
        group.leave()
      }.start()
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
