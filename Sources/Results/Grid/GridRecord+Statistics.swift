extension GridRecord {
  /// A difference is called one where the test's p-value is below this.
  public static let significance = 0.05

  /// Summaries and comparisons follow from the cells.
  /// - Parameters:
  ///   - cells: one for each variant and seed.
  ///   - metrics: of all cells, merged.
  public init(
    name: String, variants: [Variant], seeds: [UInt64], metrics: [GridMetric], cells: [GridCell], orders: [Order],
    configuration: String
  ) {
    self.name = name
    self.variants = variants
    self.seeds = seeds
    self.metrics = metrics
    self.cells = cells
    self.orders = orders
    self.configuration = configuration
    let table = Table(cells)
    summaries = metrics.flatMap { metric in variants.compactMap { table.summary($0.name, metric.id, seeds) } }
    comparisons = []
    comparisons = metrics.filter { $0.better != nil }.flatMap { metric in
      var references = variants.first.map { [$0.name] } ?? []
      if let best = best(by: metric), !references.contains(best) { references.append(best) }
      return references.flatMap { reference in
        variants.compactMap { table.comparison($0.name, with: reference, metric.id, seeds) }
      }
    }
  }

  public func summary(of variant: String, _ metric: GridMetric) -> Summary? {
    summaries.first { $0.variant == variant && $0.metric == metric.id }
  }

  public func comparison(of variant: String, with reference: String, _ metric: GridMetric) -> Comparison? {
    comparisons.first { $0.variant == variant && $0.reference == reference && $0.metric == metric.id }
  }

  /// The variant with the best mean, the earliest of equals, among those with the most seeds; nil where nothing is
  /// better.
  public func best(by metric: GridMetric) -> String? {
    guard let better = metric.better else { return nil }
    let measured = variants.compactMap { summary(of: $0.name, metric) }
    let most = measured.map(\.n).max() ?? 0
    let means = measured.filter { $0.n == most }.map { ($0.variant, $0.mean) }
    let value = means.map(\.1).reduce(better == .higher ? -Double.infinity : .infinity) {
      better == .higher ? max($0, $1) : min($0, $1)
    }
    return means.first { $0.1 == value }?.0
  }

  /// The best variant, where the test tells it from every other variant that has a figure. Each of these tests has to
  /// succeed, so that their number needs no correction (Berger 1982, intersection-union tests).
  public func separated(by metric: GridMetric) -> String? {
    guard let best = best(by: metric) else { return nil }
    let others = variants.filter { $0.name != best && summary(of: $0.name, metric) != nil }
    let isSeparated = others.allSatisfy { other in
      (comparison(of: other.name, with: best, metric)?.pValue).map { $0 < Self.significance } ?? false
    }
    return isSeparated && !others.isEmpty ? best : nil
  }

  /// Cells that failed or whose proofs are broken, in words.
  public var failures: [String] {
    cells.flatMap { cell -> [String] in
      let failure = cell.status == .failed ? [cell.reason ?? "failed"] : []
      return (failure + cell.brokenProofs).map { "\(cell.folder): \($0)" }
    }
  }

  /// The same without figures in seconds: the only ones in which two equal grids may differ.
  public var withoutSeconds: GridRecord {
    let timed = Set(metrics.filter { $0.unit == .seconds }.map(\.id))
    var copy = self
    copy.metrics.removeAll { timed.contains($0.id) }
    copy.summaries.removeAll { timed.contains($0.metric) }
    for index in cells.indices { copy.cells[index].figures = cells[index].figures.filter { !timed.contains($0.key) } }
    return copy
  }
}

/// Figures by variant and seed.
private struct Table {
  private struct Place: Hashable {
    let variant: String
    let seed: UInt64
  }

  private let figures: [Place: [String: Double]]

  init(_ cells: [GridCell]) {
    figures = Dictionary(
      cells.map { (Place(variant: $0.variant, seed: $0.seed), $0.figures) }, uniquingKeysWith: { first, _ in first })
  }

  func value(_ variant: String, _ metric: String, _ seed: UInt64) -> Double? {
    figures[Place(variant: variant, seed: seed)]?[metric]
  }

  func summary(_ variant: String, _ metric: String, _ seeds: [UInt64]) -> GridRecord.Summary? {
    let values = seeds.compactMap { value(variant, metric, $0) }
    guard !values.isEmpty else { return nil }
    let statistics = SeedInterval(values)
    return GridRecord.Summary(
      variant: variant, metric: metric, n: values.count, mean: statistics.mean, deviation: statistics.deviation,
      interval: statistics.interval)
  }

  func comparison(
    _ variant: String, with reference: String, _ metric: String, _ seeds: [UInt64]
  ) -> GridRecord.Comparison? {
    let differences = seeds.compactMap { seed -> Double? in
      guard let one = value(variant, metric, seed), let other = value(reference, metric, seed) else { return nil }
      return one - other
    }
    guard variant != reference, !differences.isEmpty else { return nil }
    let statistics = SeedInterval(differences)
    return GridRecord.Comparison(
      metric: metric, variant: variant, reference: reference, n: differences.count, difference: statistics.mean,
      interval: statistics.interval, pValue: SignFlipTest.pValue(differences))
  }
}
