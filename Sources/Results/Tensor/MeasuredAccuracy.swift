/// One slice of the evaluation tensor: a measure's accuracy matrix with the counts behind it.
public struct MeasuredAccuracy: Sendable, Equatable {
  public var key: MeasureKey
  public private(set) var accuracy: AccuracyMatrix
  public private(set) var counts: CellCounts

  /// An empty slice over `tasks` tasks, to be filled with ``record(_:after:on:)``.
  public init(_ key: MeasureKey, tasks: Int) {
    self.key = key
    accuracy = AccuracyMatrix(tasks: tasks)
    counts = CellCounts(tasks: tasks)
  }

  /// A slice whose accuracies are known without their counts (such figures have no interval).
  public init(_ key: MeasureKey, accuracy: AccuracyMatrix) {
    self.key = key
    self.accuracy = accuracy
    counts = CellCounts(tasks: accuracy.tasks)
  }

  /// The untrained network's row.
  public var initial: [Double?] { accuracy.initial }
  /// T rows by T columns.
  public var matrix: [[Double?]] { accuracy.rows }

  /// Fills the cell *after task `row`, on task `column`* (both from 0; `row == nil` is the untrained network).
  public mutating func record(_ tally: Tally, after row: Int?, on column: Int) {
    if let row {
      accuracy[row, column] = tally.rate
      counts[row, column] = tally
    } else {
      accuracy.initial[column] = tally.rate
      counts.initial[column] = tally
    }
  }

  /// The accuracy of a cell; `nil` where it was not measured or is outside the matrix.
  public func rate(after row: Int?, on column: Int) -> Double? { accuracy.cell(row, column) }

  /// The Wilson interval of a cell; `nil` where the cell is absent or its counts are unknown.
  public func interval(after row: Int?, on column: Int) -> Interval? {
    accuracy.cell(row, column) == nil ? nil : counts.cell(row, column)?.interval
  }

  /// The counts of a cell, `nil` where unknown or outside the matrix.
  public func tally(after row: Int?, on column: Int) -> Tally? { counts.cell(row, column) }
}

extension MeasuredAccuracy: Codable {
  enum CodingKeys: String, CodingKey { case initial, matrix, counts }

  public init(from decoder: any Decoder) throws {
    key = try MeasureKey(from: decoder)
    let container = try decoder.container(keyedBy: CodingKeys.self)
    do {
      accuracy = try AccuracyMatrix(
        initial: try container.decodeIfPresent([Double?].self, forKey: .initial) ?? [],
        rows: try container.decode([[Double?]].self, forKey: .matrix))
    } catch ResultsError.malformed(_, _, let reason) {
      throw DecodingError.dataCorruptedError(forKey: .matrix, in: container, debugDescription: reason)
    }
    counts = try container.decodeIfPresent(CellCounts.self, forKey: .counts) ?? CellCounts(tasks: accuracy.tasks)
    try checkCounts(in: container)
  }

  public func encode(to encoder: any Encoder) throws {
    try key.encode(to: encoder)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(accuracy.initial, forKey: .initial)
    try container.encode(accuracy.rows, forKey: .matrix)
    try container.encode(counts, forKey: .counts)
  }

  /// An interval drawn from counts that contradict the figure would lie, so a file that holds such is refused.
  private func checkCounts(in container: KeyedDecodingContainer<CodingKeys>) throws {
    let tasks = accuracy.tasks
    func refuse(_ reason: String) -> DecodingError {
      .dataCorruptedError(forKey: .counts, in: container, debugDescription: reason)
    }
    guard counts.initial.count == tasks, counts.rows.count == tasks, counts.rows.allSatisfy({ $0.count == tasks })
    else { throw refuse("the counts are not shaped like the matrix of \(tasks) tasks") }
    for row in [nil] + (0..<tasks).map(Optional.some) {
      for column in 0..<tasks {
        guard let rate = counts.cell(row, column)?.rate else { continue }
        guard let figure = accuracy.cell(row, column), abs(figure - rate) < 1e-6 else {
          let after = row.map { "after task \($0 + 1)" } ?? "before training"
          throw refuse("\(after), on task \(column + 1): the accuracy and its counts disagree")
        }
      }
    }
  }
}
