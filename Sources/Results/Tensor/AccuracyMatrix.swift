/// `R[i][j]`: accuracy on task *j* after learning task *i* (Lopez-Paz & Ranzato 2017), and the untrained network's row.
///
/// Indices in code count from 0: `rows[0]` is *after the first task*. A cell that was not measured or makes no sense
/// (the head of a task not yet seen) is `nil`, never 0.
public struct AccuracyMatrix: Sendable, Codable, Equatable {
  /// Accuracy of the untrained network on each task, T entries (`b_j` of the definitions).
  public var initial: [Double?]
  /// T rows of T entries.
  public var rows: [[Double?]]

  /// An empty matrix over `tasks` tasks: every cell absent.
  public init(tasks: Int) {
    initial = Array(repeating: nil, count: tasks)
    rows = Array(repeating: Array(repeating: nil, count: tasks), count: tasks)
  }

  /// A matrix from its rows; `initial` may be empty, which means absent.
  /// - Throws: ``ResultsError/malformed(file:path:reason:)`` when it is not square or a cell is not in [0,1].
  public init(initial: [Double?] = [], rows: [[Double?]]) throws {
    self.rows = rows
    self.initial = initial.isEmpty ? Array(repeating: nil, count: rows.count) : initial
    if let reason = defect { throw ResultsError.malformed(file: nil, path: "matrix", reason: reason) }
  }

  /// T, the number of tasks.
  public var tasks: Int { rows.count }

  /// Accuracy on task `column` after learning task `row` (both from 0).
  public subscript(row: Int, column: Int) -> Double? {
    get { rows[row][column] }
    set { rows[row][column] = newValue }
  }

  /// The cell of the untrained network for `row == nil`, and absent for a cell outside the matrix.
  func cell(_ row: Int?, _ column: Int) -> Double? {
    guard let row else { return initial.indices.contains(column) ? initial[column] : nil }
    guard rows.indices.contains(row), rows[row].indices.contains(column) else { return nil }
    return rows[row][column]
  }

  /// What is wrong with the shape or the values, if anything.
  var defect: String? {
    guard initial.count == tasks else { return "\(initial.count) initial entries for \(tasks) tasks" }
    for (index, row) in rows.enumerated() where row.count != tasks {
      return "row \(index + 1) has \(row.count) entries, expected \(tasks)"
    }
    for case let value? in initial + rows.joined() where !(0...1).contains(value) {
      return "\(value) is not an accuracy in [0,1]"
    }
    return nil
  }
}
