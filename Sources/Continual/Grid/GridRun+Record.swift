import Reporting
import Results

extension GridRun {
  /// Writes down what is known of the cells by now.
  @discardableResult
  func write() throws -> GridRecord {
    let record = record()
    try GridFolder(url).write(record)
    return record
  }

  func record() -> GridRecord {
    let ordered = plan.variants.flatMap { variant in plan.cells.filter { $0.variant == variant.name } }
    let measured = ordered.compactMap { cell -> (seed: UInt64, measurement: GridMeasurement)? in
      guard case .finished(let measurement, _, _) = outcomes[cell.folder] else { return nil }
      return (cell.seed, measurement)
    }
    return GridRecord(
      name: name, variants: plan.variants, seeds: plan.seeds,
      metrics: GridMetric.merged(measured.map(\.measurement.metrics)), cells: ordered.map(entry),
      orders: plan.seeds.compactMap { seed in
        measured.first { $0.seed == seed }.map {
          GridRecord.Order(seed: seed, tasks: $0.measurement.tasks, stream: $0.measurement.stream)
        }
      }, configuration: text)
  }

  private func entry(_ cell: GridPlan.Cell) -> GridCell {
    switch outcomes[cell.folder] {
    case .finished(let measurement, let brokenProofs, _):
      GridCell(
        variant: cell.variant, seed: cell.seed, folder: cell.folder, status: .finished, figures: measurement.figures,
        brokenProofs: brokenProofs)
    case .failed(let reason):
      GridCell(variant: cell.variant, seed: cell.seed, folder: cell.folder, status: .failed, reason: reason)
    case nil: GridCell(variant: cell.variant, seed: cell.seed, folder: cell.folder, status: .open)
    }
  }
}
