import Results

extension LineChart.Series {
  /// One strategy's certified accuracy against radius, from 0 to a little beyond the chart's largest.
  /// - Parameter certified: how many images are certified at a radius.
  init(_ entry: Entry, largest: Double, certified: (_ radius: Double) -> Tally) {
    let steps = 48
    let points = (0...steps).compactMap { step -> LineChart.Point? in
      let radius = largest * 1.04 * Double(step) / Double(steps)
      let tally = certified(radius)
      return tally.rate.map { LineChart.Point(x: radius, y: $0, band: tally.interval) }
    }
    self.init(name: entry.label, style: entry.style, points: points, marked: false)
  }
}
