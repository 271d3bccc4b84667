import Results

/// Tidy CSV of a grid: one line for each figure of each cell, RFC 4180, UTF-8, LF.
///
/// Figures are at full precision; rates and differences of rates are shares of 1. A cell that is not finished has one
/// line without a figure.
public struct GridCSV: Sendable {
  let record: GridRecord

  static let columns = ["strategy", "seed", "status", "metric", "unit", "value", "reason"]

  public init(record: GridRecord) { self.record = record }

  public var text: String {
    let lines = record.cells.flatMap { cell -> [[String]] in
      let place = [Escape.csv(cell.variant), "\(cell.seed)", cell.status.rawValue]
      guard cell.status == .finished else { return [place + ["", "", "", Escape.csv(cell.reason ?? "")]] }
      return record.metrics.compactMap { metric in
        cell.figures[metric.id].map { place + [Escape.csv(metric.id), metric.unit.rawValue, "\($0)", ""] }
      }
    }
    return ([Self.columns] + lines).map { $0.joined(separator: ",") + "\n" }.joined()
  }
}
