import Distributed
import Testing
import ThreadRanks

@Suite struct SumTests {
  /// Values so different in size that the order of addition decides the last bits.
  private static func values<Value: BinaryFloatingPoint>(_ rank: Int) -> [Value] {
    (1...50).map { Value($0) / 7 * (rank.isMultiple(of: 2) ? 1 : 1e-3) * Value(rank + 1) }
  }

  /// In the order of ranks, bit for bit, on every rank.
  @Test(arguments: [1, 2, 3, 5]) func sumsAreAddedInTheOrderOfRanks(size: Int) throws {
    let outcomes = ThreadTransport.run(size) { ranks in
      var floats: [Float] = Self.values(ranks.rank)
      var doubles: [Double] = Self.values(ranks.rank)
      try ranks.sum(&floats)
      try ranks.sum(&doubles)
      return (floats: floats, doubles: doubles)
    }
    func expected<Value: BinaryFloatingPoint>(_: Value.Type) -> [Value] {
      (1..<size).reduce(Self.values(0)) { sum, rank in zip(sum, Self.values(rank)).map(+) }
    }
    for outcome in outcomes {
      let sums = try outcome.get()
      #expect(sums.floats == expected(Float.self) && sums.doubles == expected(Double.self))
    }
  }

  /// A rank that fails lets no other one wait for its part.
  @Test func aFailureReachesWhoeverWaits() {
    let outcomes = ThreadTransport.run(3) { ranks in
      guard ranks.rank != 1 else { throw DistributedError.unreadable(rank: 1) }
      try ranks.barrier()
    }
    #expect(throws: ThreadTransport.ended) { try outcomes[0].get() }
    #expect(throws: DistributedError.unreadable(rank: 1)) { try outcomes[1].get() }
  }
}
