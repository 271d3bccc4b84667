import Results

extension StudyFigure {
  /// The figure as a chart: ranges from its points, round ticks, points without a place on their axis left out.
  var chart: LineChart {
    let series = series.enumerated().map { index, series in
      let points = series.points.filter { x.scale.holds($0.x) && y.scale.holds($0.y) }.map {
        LineChart.Point(x: $0.x, y: $0.y, band: $0.band.flatMap { $0.low.isNaN || $0.high.isNaN ? nil : $0 })
      }
      return LineChart.Series(
        name: series.name, style: index, points: points, marked: points.count <= Self.mostMarkers)
    }
    let points = series.flatMap(\.points)
    return LineChart(
      label: label(series), series: series, xTitle: x.title, yTitle: y.title,
      xRange: x.scale.range(of: points.map(\.x)), xScale: x.scale.axis,
      yAxis: .init(range: y.scale.range(of: points.map(\.y), bands: points.compactMap(\.band)), scale: y.scale.axis))
  }

  /// Beyond it markers hide the line.
  private static let mostMarkers = 40

  /// The figure in words: each line's ends.
  private func label(_ series: [LineChart.Series]) -> String {
    let lines = series.map { line -> String in
      guard let first = line.points.first, let last = line.points.last else { return "\(line.name): no points" }
      let start = "\(line.name): \(Figures.number(first.y)) at \(Figures.number(first.x))"
      return line.points.count == 1 ? start : "\(start), \(Figures.number(last.y)) at \(Figures.number(last.x))"
    }
    return "\(title). \(y.title) against \(x.title). \(lines.joined(separator: "; "))."
  }
}

extension StudyFigure.Scale {
  var axis: AxisScale {
    switch self {
    case .linear: .linear
    case .logarithmic: .logarithmic
    }
  }

  /// Whether a value has a place on the axis. The largest doubles have none: their differences overflow.
  fileprivate func holds(_ value: Double) -> Bool {
    switch self {
    case .linear: abs(value) < 1e300
    case .logarithmic: value >= 1e-300 && value < 1e300
    }
  }

  /// The values with a little room around them, and bands as far as they do not flatten the lines.
  fileprivate func range(of values: [Double], bands: [Interval] = []) -> ClosedRange<Double> {
    guard var low = values.min(), var high = values.max() else { return self == .linear ? 0...1 : 1...10 }
    let ends = bands.flatMap { [$0.low, $0.high] }.filter(holds)
    switch self {
    case .linear:
      let extent = high > low ? high - low : abs(high)
      (low, high) = (
        max(low - extent, min(low, ends.min() ?? low)), min(high + extent, max(high, ends.max() ?? high))
      )
      if low == high { return low == 0 ? -1...1 : low - 0.1 * abs(low)...high + 0.1 * abs(high) }
      // An axis that nearly reaches zero begins there.
      if low >= 0, low <= 0.4 * high { low = 0 }
      if high <= 0, high >= 0.4 * low { high = 0 }
      let room = bands.isEmpty ? 0 : 0.05 * (high - low)
      return (low == 0 ? low : low - room)...(high == 0 ? high : high + room)
    case .logarithmic:
      (low, high) = (
        max(low / 10, min(low, ends.min() ?? low)), min(high * 10, max(high, ends.max() ?? high))
      )
      return high / low < 2 ? low / 1.5...high * 1.5 : low / 1.1...high * 1.1
    }
  }
}
