import Foundation
import Testing
import ThreadRanks

@testable import Distributed

@Suite struct QueueTests {
  private struct Outcome: Codable, Equatable, Sendable {
    var piece: Int
    var root: Double
    var extreme: Double

    init(_ piece: Int) {
      self.piece = piece
      root = Double(piece).squareRoot()
      extreme = [.infinity, -.infinity, -0.0, .leastNonzeroMagnitude][piece % 4]
    }
  }

  /// Work of random lengths, so that who does what differs from run to run; more ranks than pieces too.
  @Test(arguments: [1, 2, 4], [0, 1, 3, 40])
  func resultsDoNotDependOnTheNumberOfRanks(size: Int, count: Int) throws {
    let outcomes = ThreadTransport.run(size) { ranks in
      try ranks.queue(count: ranks.isFirst ? count : 0) { piece in
        usleep(useconds_t.random(in: 0...2000))
        return Outcome(piece)
      }
    }
    #expect(outcomes.count == size)
    for outcome in outcomes { #expect(try outcome.get() == (0..<count).map(Outcome.init)) }
  }

  @Test func whatIsKnownIsNotDoneAgainAndTheRestArrivesOnceOnRank0() throws {
    let outcomes = ThreadTransport.run(3) { ranks in
      var (worked, arrived) = ([Int](), [Int]())
      let results = try ranks.queue(
        count: 30, known: { ranks.isFirst && $0 % 3 == 0 ? -$0 : nil },
        work: { piece in
          worked.append(piece)
          return piece
        }, arrived: { piece, _ in arrived.append(piece) })
      return (results: results, worked: worked, arrived: arrived)
    }
    let ranks = try outcomes.map { try $0.get() }
    for rank in ranks { #expect(rank.results == (0..<30).map { $0 % 3 == 0 ? -$0 : $0 }) }
    #expect(ranks.flatMap(\.worked).sorted() == (0..<30).filter { $0 % 3 != 0 })
    #expect(ranks[0].arrived.sorted() == (0..<30).filter { $0 % 3 != 0 })
    #expect(ranks[1].arrived.isEmpty && ranks[2].arrived.isEmpty)
  }

  @Test(arguments: [1, 3]) func whatIsSharedArrivesOnRank0Alone(size: Int) throws {
    let outcomes = ThreadTransport.run(size) { ranks in
      var (worked, arrived) = ([Int](), [Int: Int]())
      try ranks.share(
        count: 30, isKnown: { $0 % 3 == 0 },
        work: { piece in
          worked.append(piece)
          return -piece
        }, arrived: { arrived[$0] = $1 })
      return (worked: worked, arrived: arrived)
    }
    let ranks = try outcomes.map { try $0.get() }
    let left = (0..<30).filter { $0 % 3 != 0 }
    #expect(ranks.flatMap(\.worked).sorted() == left)
    #expect(ranks[0].arrived == Dictionary(uniqueKeysWithValues: left.map { ($0, -$0) }))
    for other in ranks.dropFirst() { #expect(other.arrived.isEmpty) }
  }

  /// Two queues in a row do not take each other's messages.
  @Test func queuesFollowEachOther() throws {
    let outcomes = ThreadTransport.run(4) { ranks in
      try (1...10).map { round in try ranks.queue(count: round) { $0 * round } }
    }
    for outcome in outcomes { #expect(try outcome.get() == (1...10).map { round in (0..<round).map { $0 * round } }) }
  }

  /// Rank 0 stops serving when its own work throws: nothing of it may be left running.
  @Test func anErrorOfRank0EndsItsQueue() throws {
    let post = ThreadTransport.Post(2)
    let ranks = Communicator(ThreadTransport(0, of: 2, post))
    #expect(throws: DistributedError.mpi("x")) {
      try ranks.queue(count: 3) { _ -> Int in throw DistributedError.mpi("x") }
    }
  }

  @Test func aMessageOfAnotherBuildIsRefused() throws {
    #expect(throws: DistributedError.unreadable(rank: 3)) { try QueueMessage.done(inRequest: [1, 2], from: 3) }
    #expect(throws: DistributedError.unreadable(rank: 2)) {
      try QueueMessage.decode(Array("{}".utf8), from: 2) as Outcome
    }
  }
}
