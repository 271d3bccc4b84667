/// How many of how many: the evidence behind a rate. In JSON a pair `[correct, n]`.
public struct Tally: Sendable, Equatable, Hashable, Codable {
  public var correct: Int
  public var n: Int

  /// - Precondition: `0 ≤ correct ≤ n`.
  public init(correct: Int, n: Int) {
    precondition(correct >= 0 && correct <= n, "a tally counts 0 ≤ correct ≤ n, not \(correct) of \(n)")
    self.correct = correct
    self.n = n
  }

  /// How many of the outcomes are true.
  public init(_ outcomes: [Bool]) {
    self.init(correct: outcomes.count { $0 }, n: outcomes.count)
  }

  /// `correct / n`; `nil` when nothing was counted.
  public var rate: Double? { n == 0 ? nil : Double(correct) / Double(n) }

  /// Wilson score interval at 95 %.
  public var interval: Interval { Intervals.wilson(successes: correct, n: n) }

  public init(from decoder: any Decoder) throws {
    var container = try decoder.unkeyedContainer()
    let correct = try container.decode(Int.self)
    let n = try container.decode(Int.self)
    guard correct >= 0, correct <= n, n <= 1 << 53 else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "\(correct) of \(n) is not a count")
    }
    self.init(correct: correct, n: n)
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.unkeyedContainer()
    try container.encode(correct)
    try container.encode(n)
  }
}

/// The tallies behind an ``AccuracyMatrix``: the same shape, the same indices.
public struct CellCounts: Sendable, Equatable, Codable {
  public var initial: [Tally?]
  public var rows: [[Tally?]]

  public init(tasks: Int) {
    initial = Array(repeating: nil, count: tasks)
    rows = Array(repeating: Array(repeating: nil, count: tasks), count: tasks)
  }

  public subscript(row: Int, column: Int) -> Tally? {
    get { rows[row][column] }
    set { rows[row][column] = newValue }
  }

  func cell(_ row: Int?, _ column: Int) -> Tally? {
    guard let row else { return initial.indices.contains(column) ? initial[column] : nil }
    guard rows.indices.contains(row), rows[row].indices.contains(column) else { return nil }
    return rows[row][column]
  }
}
