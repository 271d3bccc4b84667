/// A continual-learning metric written as what it is: signed sums of accuracy cells, divided by a number.
///
/// One form gives both the value and its interval, and pairs of equal cells cancel exactly: forgetting of a network
/// that forgot nothing is 0, not 1e-17.
struct CellCombination: Sendable, Equatable {
  struct Term: Sendable, Equatable {
    /// After which task (from 0); `nil` is the untrained network.
    var row: Int?
    /// On which task (from 0).
    var column: Int
    var weight: Double
  }

  var terms: [Term]
  var divisor: Double

  /// A sum of differences `plus − minus`, one per pair, so that equal cells cancel before anything else is added.
  func value(on matrix: AccuracyMatrix) -> Double? {
    guard divisor > 0 else { return nil }
    var sum = 0.0
    var index = 0
    while index < terms.count {
      let term = terms[index]
      guard let cell = matrix.cell(term.row, term.column) else { return nil }
      var part = term.weight * cell
      if index + 1 < terms.count, term.weight > 0, terms[index + 1].weight < 0 {
        index += 1
        guard let other = matrix.cell(terms[index].row, terms[index].column) else { return nil }
        part += terms[index].weight * other
      }
      sum += part
      index += 1
    }
    return sum / divisor
  }

  /// A 95 % interval from the cells' Wilson limits by the MOVER method (Zou & Donner 2008).
  ///
  /// Columns are different images, so their errors add in quadrature. Cells of one column judge the same images: those
  /// of the same sign are taken as fully correlated (their errors add up), those of opposite sign as uncorrelated;
  /// both make the interval wider, not narrower, for the non-negative correlations met here. A maximum over rows is
  /// treated as if its row had been chosen beforehand.
  func interval(on matrix: AccuracyMatrix, counts: CellCounts) -> Interval? {
    guard let centre = value(on: matrix) else { return nil }
    struct Margins { var plus = Interval(low: 0, high: 0), minus = Interval(low: 0, high: 0) }
    var columns: [Int: Margins] = [:]
    for ((row, column), weight) in netWeights() where weight != 0 {
      guard let cell = matrix.cell(row, column), let limits = counts.cell(row, column)?.interval else { return nil }
      let below = abs(weight) * (cell - limits.low)
      let above = abs(weight) * (limits.high - cell)
      if weight > 0 {
        columns[column, default: Margins()].plus.low += below
        columns[column, default: Margins()].plus.high += above
      } else {
        columns[column, default: Margins()].minus.low += above
        columns[column, default: Margins()].minus.high += below
      }
    }
    // Sorted, so that the last bit does not depend on a dictionary's order.
    let margins = columns.sorted { $0.key < $1.key }.map(\.value)
    let low = margins.reduce(0) { $0 + $1.plus.low * $1.plus.low + $1.minus.low * $1.minus.low }
    let high = margins.reduce(0) { $0 + $1.plus.high * $1.plus.high + $1.minus.high * $1.minus.high }
    return Interval(low: centre - low.squareRoot() / divisor, high: centre + high.squareRoot() / divisor)
  }

  /// Each cell once with its total weight, in the order of first mention.
  private func netWeights() -> [((row: Int?, column: Int), Double)] {
    struct Key: Hashable { var row: Int?, column: Int }
    var order: [Key] = []
    var total: [Key: Double] = [:]
    for term in terms {
      let key = Key(row: term.row, column: term.column)
      if total[key] == nil { order.append(key) }
      total[key, default: 0] += term.weight
    }
    return order.map { (($0.row, $0.column), total[$0] ?? 0) }
  }
}
