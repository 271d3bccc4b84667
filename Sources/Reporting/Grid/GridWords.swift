import Results

// What page and Markdown say of a grid, in the same words.

extension GridMetric {
  /// `97.3 ± 0.4 %`: the mean and half of its 95 % interval.
  func text(_ summary: GridRecord.Summary) -> String {
    // What every seed shares, such as a number of parameters, is no estimate.
    let half = group == .cost && summary.deviation == 0 ? nil : summary.interval.map { ($0.high - $0.low) / 2 }
    switch unit {
    case .rate: return Figures.plainPercent(summary.mean) + Self.half(half) { Figures.fixed(100 * $0, 1) } + "\u{A0}%"
    case .difference: return Figures.points(summary.mean) + Self.half(half) { Figures.fixed(100 * $0, 1) }
    case .count: return Self.count(summary.mean) + Self.half(half, Self.count)
    case .seconds: return Figures.seconds(summary.mean) + Self.half(half) { Figures.seconds($0) }
    }
  }

  /// One cell's figure.
  func text(_ value: Double) -> String {
    switch unit {
    case .rate: Figures.percent(value)
    case .difference: Figures.points(value)
    case .count: Self.count(value)
    case .seconds: Figures.seconds(value)
    }
  }

  /// With what differences of rates are told apart from rates.
  var heading: String { unit == .difference ? "\(title), points" : title }

  private static func half(_ value: Double?, _ text: (Double) -> String) -> String {
    value.map { "\u{A0}±\u{A0}" + ($0 == 0 ? "0" : text($0)) } ?? ""
  }

  private static func count(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 9e15 ? Figures.count(Int(value)) : Figures.number(value)
  }
}

extension GridMetric.Group {
  var title: String {
    switch self {
    case .learning: "Learning and memory"
    case .robustness: "Average accuracy under attack, and certified"
    case .cost: "Cost"
    }
  }
}

extension GridRecord.Comparison {
  /// `p = 0.0312, n = 6`.
  var test: String { "p\u{A0}=\u{A0}\(Figures.number(pValue)), n\u{A0}=\u{A0}\(n)" }
}

extension GridRecord {
  func metrics(in group: GridMetric.Group) -> [GridMetric] { metrics.filter { $0.group == group } }

  /// Metrics by which strategies are compared.
  var compared: [GridMetric] { metrics.filter { metric in comparisons.contains { $0.metric == metric.id } } }

  /// `3 strategies with 6 seeds: 17 of 18 cells finished, 1 failed.`
  var story: String {
    let finished = cells.count { $0.status == .finished }
    let failed = cells.count { $0.status == .failed }
    let open = cells.count - finished - failed
    let rest = [failed > 0 ? "\(failed) failed" : nil, open > 0 ? "\(open) not finished yet" : nil]
    let counts = (["\(finished) of \(cells.count) cells finished"] + rest.compactMap(\.self)).joined(separator: ", ")
    return "\(variants.count) strateg\(variants.count == 1 ? "y" : "ies") with \(seeds.count) "
      + "seed\(seeds.count == 1 ? "" : "s"): \(counts)."
  }

  /// How the figures are to be read.
  var reading: [String] {
    let smallest = SignFlipTest.smallest(of: seeds.count)
    let possible = Figures.number(smallest)
    return [
      "Each figure is the mean over seeds ± half of its 95 % Student-t interval. It tells how far the mean would move "
        + "with other seeds, not with other images.",
      "Strategies are compared seed by seed: the same seed gives every strategy the same tasks in the same order. p is "
        + "that of the exact two-sided sign-flip permutation test (Fisher 1935): the share of all 2ⁿ ways to turn the "
        + "signs of the differences that give a mean at least as large. p-values are not corrected for the number of "
        + "metrics.",
      "The best strategy of a column is bold where the test tells it from each other that has a figure (p < 0.05).",
      smallest < Self.significance
        ? "With \(seeds.count) seeds p can be as small as \(possible)."
        : "With \(seeds.count) seed\(seeds.count == 1 ? "" : "s") p cannot be below \(possible), so nothing can be told "
          + "apart, however large the difference: that takes six.",
    ]
  }

  /// Seeds with the same tasks, in order of first appearance.
  var distinctOrders: [(seeds: [UInt64], tasks: [[String]])] {
    orders.reduce(into: []) { groups, order in
      if let index = groups.firstIndex(where: { $0.tasks == order.tasks }) {
        groups[index].seeds.append(order.seed)
      } else {
        groups.append((seeds: [order.seed], tasks: order.tasks))
      }
    }
  }
}

extension [UInt64] {
  /// `0, 1, 2`.
  var listed: String { map(String.init).joined(separator: ", ") }
}
