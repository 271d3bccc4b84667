import Distributed
import Foundation

struct CheckError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }

  static func require(_ holds: Bool, _ what: @autoclosure () -> String) throws {
    if !holds { throw CheckError("check failed: \(what())") }
  }
}

enum Checks {
  /// Values of a rank, of so different sizes that the order of a sum decides its last bits.
  private static func values<Value: BinaryFloatingPoint>(_ rank: Int, _ count: Int) -> [Value] {
    (0..<count).map { place in
      var bits = UInt64(truncatingIfNeeded: place &* 4_096 &+ rank &+ 1) &* 0x9E37_79B9_7F4A_7C15
      bits = (bits ^ (bits >> 29)) &* 0xBF58_476D_1CE4_E5B9
      let fraction = Value(bits >> 11) / Value(1 << 53) - 0.5
      return fraction * Value(sign: .plus, exponent: Value.Exponent(bits % 24) - 12, significand: 1)
    }
  }

  private static func sum<Value: BinaryFloatingPoint>(_ size: Int, _ count: Int, order: (Int) -> Int) -> [Value] {
    (1..<size).reduce(into: values(order(0), count)) { sum, step in
      let more: [Value] = values(order(step), count)
      for place in sum.indices { sum[place] += more[place] }
    }
  }

  /// Around the sizes of buckets and of ranks' parts.
  static func sums(_ ranks: Communicator) throws {
    let lengths = [0, 1, 2, 3, 5, 1000, (1 << 19) - 1, 1 << 19, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 3 << 20]
    for count in lengths {
      try check(ranks, count, Float.self) { try ranks.sum(&$0) }
      try check(ranks, count, Double.self) { try ranks.sum(&$0) }
    }
    if ranks.isFirst { print("sums: \(lengths.count) lengths of each type, in the order of ranks, bit for bit") }
  }

  private static func check<Value: BinaryFloatingPoint>(
    _ ranks: Communicator, _ count: Int, _: Value.Type, _ sumUp: (inout [Value]) throws -> Void
  ) throws {
    var found: [Value] = values(ranks.rank, count)
    try sumUp(&found)
    let expected: [Value] = sum(ranks.size, count) { $0 }
    try CheckError.require(found == expected, "sum of \(count) of \(Value.self)")
    if ranks.size > 2, count >= 1000 {
      let reversed: [Value] = sum(ranks.size, count) { ranks.size - 1 - $0 }
      try CheckError.require(found != reversed, "the values can tell orders apart")
    }
  }

  static func bytes(_ ranks: Communicator) throws {
    func message(_ rank: Int) -> [UInt8] { Array(repeating: UInt8(rank + 1), count: rank * 1000) }
    for _ in 0..<100 {
      let gathered = try ranks.gather(message(ranks.rank))
      try CheckError.require(
        gathered == (ranks.isFirst ? (0..<ranks.size).map(message) : nil), "gathered in the order of ranks")
      try CheckError.require(try ranks.broadcast(ranks.isFirst ? [1, 2, 3] : [9]) == [1, 2, 3], "broadcast")
      try ranks.barrier()
    }
    if ranks.isFirst { print("bytes: gathered, broadcast") }
  }

  private struct Outcome: Codable {
    var piece: Int
    var root: Double
    var infinity = Double.infinity
    var sum: Float
  }

  /// The first half is quick, so that ranks take turns in another order each time.
  static func queue(_ ranks: Communicator) throws {
    var mine = 0
    var seen: [Int] = []
    let outcomes = try ranks.queue(
      count: 60, known: { $0 == 7 ? Outcome(piece: 7, root: 0, sum: 0) : nil },
      work: { piece in
        mine += 1
        usleep(useconds_t(piece < 30 ? 0 : 5000 + piece % 7 * 3000))
        return Outcome(
          piece: piece, root: Double(piece).squareRoot(), sum: values(piece, 100).reduce(0, +))
      }, arrived: { piece, _ in seen.append(piece) })
    try CheckError.require(outcomes.map(\.piece) == Array(0..<60), "results stand in order")
    try CheckError.require(
      seen.sorted() == (ranks.isFirst ? (0..<60).filter { $0 != 7 } : []), "each arrives once, on rank 0")
    let shares = try ranks.gather(Array("\(mine)".utf8))?.map { String(decoding: $0, as: UTF8.self) }
    if let shares {
      for outcome in outcomes { print("queue: \(outcome)") }
      try? FileHandle.standardError.write(contentsOf: Data("pieces by rank: \(shares)\n".utf8))
      try CheckError.require(!shares.contains("0"), "every rank takes part")
    }
  }

  /// 100 MB each way.
  static func big(_ ranks: Communicator) throws {
    let count = 100 << 20
    let bytes = [UInt8](repeating: UInt8(ranks.rank + 1), count: count)
    let all = try ranks.gather(bytes)
    try CheckError.require(
      all?.enumerated().allSatisfy { rank, bytes in
        bytes.count == count && bytes.first == UInt8(rank + 1) && bytes.last == UInt8(rank + 1)
      } ?? !ranks.isFirst, "gathered")
    try CheckError.require(try ranks.broadcast(bytes) == [UInt8](repeating: 1, count: count), "broadcast")
    var values = [Float](repeating: Float(ranks.rank + 1), count: count / 4)
    try ranks.sum(&values)
    let expected = Float(ranks.size * (ranks.size + 1) / 2)
    try CheckError.require(values.allSatisfy { $0 == expected }, "sum")
    if ranks.isFirst { print("big: 100 MB gathered, broadcast, summed") }
  }

  /// One rank fails in the middle of a queue.
  static func fail(_ ranks: Communicator, rank: Int) throws {
    _ = try ranks.queue(count: 1_000_000) { piece in
      if piece > 20, ranks.rank == rank { throw CheckError("thrown at piece \(piece)") }
      usleep(1000)
      return piece
    }
    throw CheckError("the queue ended though a rank failed")
  }

  /// Works until it is killed; says where each rank is.
  static func wait(_ ranks: Communicator) throws {
    try? FileHandle.standardError.write(contentsOf: Data("rank \(ranks.rank) is process \(getpid())\n".utf8))
    _ = try ranks.queue(count: 100_000) { piece in
      usleep(1000)
      return piece
    }
  }
}
