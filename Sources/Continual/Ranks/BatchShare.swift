import Distributed
import ResidualNets

/// One rank's part of a batch that all ranks learn from together: rows in a row, shares as equal as can be.
///
/// Where a batch has fewer images than there are ranks, some have none. They go along with its first image, so that
/// every rank takes part in every sum, and give zeros.
struct BatchShare: BatchSharing {
  /// Of the batch.
  let rows: Range<Int>
  /// What a mean over the rows is multiplied by, so that the sum over ranks is the mean over the batch.
  let weight: Double
  private let count: Int
  private let own: Range<Int>
  private let ranks: Communicator

  var isEmpty: Bool { own.isEmpty }

  /// - Parameter count: of the whole batch's images, at least 1.
  init(of count: Int, _ ranks: Communicator) {
    self.count = count
    own = ranks.rank * count / ranks.size..<(ranks.rank + 1) * count / ranks.size
    rows = own.isEmpty ? 0..<1 : own
    weight = Double(own.count) / Double(count)
    self.ranks = ranks
  }

  func sum(_ values: inout [Double]) throws {
    if isEmpty { values = Array(repeating: 0, count: values.count) }
    try ranks.sum(&values)
  }

  /// What a mean over amounts is multiplied by of which the batch's images have several each, such as logits.
  /// - Parameter amounts: of each image of the batch.
  func weight(of amounts: [Int]) -> Double { Double(amounts[own].reduce(0, +)) / Double(amounts.reduce(0, +)) }

  /// The rows of the whole batch, unchanged but for the sign of zeros, where everyone has those of their own images.
  func all(_ ownRows: [[Float]]) throws -> [[Float]] {
    let (before, behind) = (own.lowerBound, count - own.upperBound)
    let ownRows = ownRows.prefix(own.count)
    var widths = Array(repeating: 0.0, count: before) + ownRows.map { Double($0.count) }
    widths += Array(repeating: 0, count: behind)
    try ranks.sum(&widths)
    let ends = widths.reduce(into: [0]) { $0.append($0[$0.count - 1] + Int($1)) }
    // Added to nothing but zeros.
    var values = Array(repeating: Float(0), count: ends[count])
    values.replaceSubrange(ends[before]..<ends[before + own.count], with: ownRows.joined())
    try ranks.sum(&values)
    return (0..<count).map { Array(values[ends[$0]..<ends[$0 + 1]]) }
  }
}
