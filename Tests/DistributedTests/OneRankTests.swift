import Testing

@testable import Distributed

@Suite struct OneRankTests {
  private let ranks = Communicator.single

  @Test func collectivesGiveBackWhatTheyGet() throws {
    var values: [Float] = [1, -0.0, .infinity]
    try ranks.sum(&values)
    #expect(values.map(\.bitPattern) == [Float(1), -0.0, .infinity].map(\.bitPattern))
    #expect(try ranks.broadcast([1, 2]) == [1, 2])
    #expect(try ranks.gather([3]) == [[3]])
    try ranks.barrier()
    try ranks.finish()
  }

  @Test func aQueueIsALoop() throws {
    var worked: [Int] = []
    var arrived: [Int] = []
    let results = try ranks.queue(
      count: 5, known: { $0 == 1 ? 100 : nil },
      work: { piece in
        worked.append(piece)
        return piece * piece
      }, arrived: { piece, _ in arrived.append(piece) })
    #expect(results == [0, 100, 4, 9, 16])
    #expect(worked == [0, 2, 3, 4] && arrived == worked)
    #expect(try ranks.queue(count: 0) { $0 }.isEmpty)
  }

  @Test func aQueueThrowsWhatItsWorkThrows() {
    #expect(throws: DistributedError.mpi("x")) {
      try ranks.queue(count: 3) { piece in
        guard piece < 1 else { throw DistributedError.mpi("x") }
        return piece
      }
    }
  }
}
