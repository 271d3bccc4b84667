import Testing
import ThreadRanks

@testable import Distributed

@Suite struct ValueTests {
  private struct Value: Codable, Equatable, Sendable {
    var name: String
    var numbers: [Double]
    var optional: Int?
  }

  @Test(arguments: [1, 2, 4]) func everyRankGetsThatOfRank0(size: Int) throws {
    let value = Value(name: "ö", numbers: [0.1, -0.0, .infinity, .leastNonzeroMagnitude], optional: nil)
    let outcomes = ThreadTransport.run(size) { ranks in
      var asked = 0
      let got = try ranks.broadcast {
        asked += 1
        return ranks.isFirst ? value : Value(name: "other", numbers: [], optional: 1)
      }
      return (got: got, asked: asked)
    }
    for (rank, outcome) in outcomes.enumerated() {
      let (got, asked) = try outcome.get()
      #expect(got == value && got.numbers[1].sign == .minus && asked == (rank == 0 ? 1 : 0))
    }
  }

  @Test func whatRank0CannotMakeIsItsError() {
    #expect(throws: DistributedError.mpi("x")) {
      try Communicator.single.broadcast { () -> Int in throw DistributedError.mpi("x") }
    }
  }
}
